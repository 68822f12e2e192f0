"""Tracebacks of functions name files of the checkout."""

import json

import pytest

from deploy.reports.source_paths import with_source_paths

UNPACKED = f"/home/me/my project/.local/aws/functions/code/{'0a' * 32}"


@pytest.fixture
def files(app):
    """A module of the app, and one that apps share."""
    (app.folder / "chalicelib").mkdir()
    (app.folder / "chalicelib" / "notes.py").write_text("")
    (app.folder.parent / "common").mkdir()
    (app.folder.parent / "common" / "batches.py").write_text("")
    (app.folder / "vendor").mkdir()
    (app.folder / "vendor" / "common").symlink_to("../../common")
    return app


@pytest.mark.parametrize("folder", ["/var/task", UNPACKED])
@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("app.py", "tiny_app/app.py"),
        ("chalicelib/notes.py", "tiny_app/chalicelib/notes.py"),
        ("common/batches.py", "common/batches.py"),
        ("msgspec/json.py", "msgspec/json.py"),
    ],
)
def test_a_path_is_that_of_the_source(files, folder, name, source):
    text = 'Traceback:\n  File "{}", line 7, in f\n    f()'
    changed = with_source_paths(text.format(f"{folder}/{name}"), files)
    assert changed == text.format(source)
    as_json = json.dumps({"exception": text.format(f"{folder}/{name}")})
    assert json.loads(with_source_paths(as_json, files)) == {"exception": text.format(source)}


@pytest.mark.parametrize("text", ['File "/usr/lib/python3.11/json/decoder.py", line 1', "/var/task/app.py", "hello"])
def test_other_text_is_unchanged(files, text):
    assert with_source_paths(text, files) == text
