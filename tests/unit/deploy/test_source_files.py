"""Changes of source files that are noticed without reading the files."""

import os

import pytest

from deploy.local.source_files import FileWatch, changed_names, digests


def write(path, text):
    path.write_text(text)
    # Two writes within one tick of the file system's clock, of texts of one length, have equal times.
    before = path.stat()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


@pytest.fixture
def module(app):
    """A module of the app, in a folder of its own."""
    path = app.folder / "chalicelib" / "tiny" / "rules.py"
    path.parent.mkdir(parents=True)
    path.write_text("A = 1\n")
    return path


def save_by_rename(path):
    """As editors do: a new file takes the place of the old one."""
    other = path.with_name("new~")
    other.write_text("B = 2\n")
    other.replace(path)


CHANGES = {
    "written in place": lambda path: write(path, "A = 2\n"),
    "saved by rename": save_by_rename,
    "deleted": lambda path: path.unlink(),
    "a new file": lambda path: path.with_name("more.py").write_text(""),
    "a new folder": lambda path: (path.parent / "new" / "deep").mkdir(parents=True),
    "moved": lambda path: path.rename(path.with_name("moved.py")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_noticed_once(app, module, change):
    files = FileWatch([app])
    assert not files.has_changed()
    change(module)
    assert files.has_changed()
    assert not files.has_changed()


def test_files_of_a_new_folder_are_noticed(app, module):
    files = FileWatch([app])
    (module.parent / "new").mkdir()
    assert files.has_changed()
    (module.parent / "new" / "views.py").write_text("")
    assert files.has_changed()


@pytest.mark.parametrize("name", ["tasks.py", "requirements.txt", "resources.yaml", "nested.yaml"])
def test_files_beside_app_py_are_noticed(app, name):
    files, before = FileWatch([app]), digests(app)
    (app.folder / name).write_text("# new")
    assert files.has_changed()
    assert changed_names(before, digests(app)) == [f"tiny_app/{name}"]


def test_what_is_generated_and_what_editors_write_is_no_source(app, module):
    before = digests(app)
    for name in (".rules.py.swp", "rules.py~", ".#rules.py", "__pycache__/rules.cpython-311.pyc", "../../.chalice/a"):
        path = module.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    assert digests(app) == before
