"""Whether an app can be loaded, where it fails, and what it declares."""

import os
import re

import pytest

from deploy.steps.chalice_config import write_config
from deploy.steps.load_app import failure
from deploy.steps.loading import LoadFailed, declarations
from deploy.target import Target

TARGET = Target("local", "us-east-1", aws_environment={"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"})
OUTPUTS = {"TableName": "notes", "RoleApiHandler": "arn:aws:iam::000000000000:role/api"}


@pytest.fixture
def source(app):
    """app.py, in a folder as step 2 leaves it."""
    write_config(app, "local", OUTPUTS)
    return app.folder / "app.py"


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def line_of(path, text):
    return 1 + [text in line for line in path.read_text().splitlines()].index(True)


BREAKS = {
    "SyntaxError": ("def greeting():", "def greeting(:", "SyntaxError: invalid syntax"),
    "ModuleNotFoundError": ("import boto3", "import boto33", "ModuleNotFoundError: No module named 'boto33'"),
    "a declaration": ('"/greeting", methods', '"/greeting", method', "TypeError: "),
    "a route": ('"/greeting"', '"/greeting/"', "ValueError: Route cannot end with a trailing slash"),
}


@pytest.mark.parametrize(("old", "new", "reason"), BREAKS.values(), ids=BREAKS)
def test_a_failure_names_file_and_line(app, source, old, new, reason):
    edit(source, old, new)
    with pytest.raises(LoadFailed) as caught:
        declarations(app, TARGET)
    assert str(caught.value).startswith(f"tiny_app/app.py:{line_of(source, new)}: {reason}")
    assert "\n" not in str(caught.value)


def test_a_module_that_only_a_handler_imports_is_loaded_too(app, source):
    module = app.folder / "chalicelib" / "events.py"
    module.parent.mkdir()
    module.write_text("import a_package_that_only_tasks_have\n")
    assert declarations(app, TARGET, every_module=True)
    module.write_text("\nfrom chalicelib.gone import name\n")
    assert declarations(app, TARGET)
    with pytest.raises(LoadFailed, match=re.escape("tiny_app/chalicelib/events.py:2: ModuleNotFoundError: No module")):
        declarations(app, TARGET, every_module=True)


def test_declarations_are_those_of_settings_and_decorators_and_not_of_code(app, source):
    first = declarations(app, TARGET)
    edit(source, '"hello"', '"good day"')
    assert declarations(app, TARGET) == first
    edit(source, "batch_size=5", "batch_size=6")
    second = declarations(app, TARGET)
    write_config(app, "local", {**OUTPUTS, "TableName": "other"})
    third = declarations(app, TARGET)
    edit(source, "cors=True", "cors=False")
    assert len({first, second, third, declarations(app, TARGET)}) == 4


def test_a_save_in_the_same_second_is_seen(app, source):
    os.utime(source, (1_800_000_000, 1_800_000_000))
    first = declarations(app, TARGET)
    edit(source, "batch_size=5", "batch_size=6")
    os.utime(source, (1_800_000_000, 1_800_000_000))
    assert declarations(app, TARGET) != first


def test_what_shared_code_raises_is_told_with_the_apps_own_line_first(app):
    shared = app.folder / "vendor" / "shared.py"
    shared.parent.mkdir()
    shared.write_text("def load():\n    raise ValueError('not set: X\\nand more')\n")
    own = app.folder / "own.py"
    own.write_text("\nload()\n")
    names = {}
    exec(compile(shared.read_text(), str(shared), "exec"), names)
    with pytest.raises(ValueError, match="not set") as caught:
        exec(compile(own.read_text(), str(own), "exec"), names)
    text = failure(caught.value, app.folder)
    assert text == "tiny_app/own.py:2: ValueError: not set: X (raised at tiny_app/vendor/shared.py:2)"
    caught.value.add_note(f"{app.folder}/chalicelib/routes.py:7: GET /notes")
    assert failure(caught.value, app.folder) == "tiny_app/chalicelib/routes.py:7: ValueError: not set: X"
