"""Every MiniStack name that the modules use is checked at start, and a changed MiniStack is refused."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import local_aws
from local_aws.hooks import names
from local_aws.hooks.target import Target, shape_of

# Takes away each checked name, and then changes its shape, one at a time.
PROGRAM = """
import json, os, pathlib, sys, tempfile

from local_aws import environment
from local_aws.settings import Settings

environment.prepare(Settings(pathlib.Path(tempfile.mkdtemp())))
import ministack.app
from local_aws.hooks import names, registry
from local_aws.hooks.target import Target

targets = [hook.target.name for hook in registry.declared()]
unnoticed = []
expected, read = names.read(), names.read
for name, shape in expected.items():
    names.read = lambda: {name: shape}
    target = Target(name)
    kept = target.value()
    owner, step = target._owner_and_step()
    def remove():
        owner.pop(step.key) if step.is_item else delattr(owner, step.key)

    for change in (lambda: target.set(object()), remove):
        change()
        if not any(name in difference for difference in names.differences([])):
            unnoticed.append(name)
        target.set(kept)
names.read = read
print(json.dumps({
    "file": names.NAMES_FILE.read_text(), "now": names.written(targets), "unnoticed": unnoticed,
    "checked": len(expected), "differences": names.differences(targets),
}))
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(scope="module")
def report():
    printed = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    return json.loads(printed.splitlines()[-1])


def test_the_names_file_has_every_name_that_the_modules_use(report):
    assert report["file"] == report["now"], "run `python -m local_aws hooks --write-names` and look at what changed"
    assert report["differences"] == []


def test_a_change_of_any_name_is_noticed(report):
    assert report["checked"] > 300
    assert report["unnoticed"] == []


def test_the_names_that_a_program_uses_are_found():
    program = (
        "from ministack.core import persistence as kept\nfrom ministack.app import save_all\nkept.STATE_DIR = ''\n"
    )
    assert names.touched(ast.parse(program)) == {"ministack.app:save_all", "ministack.core.persistence:STATE_DIR"}


def test_no_module_uses_a_name_that_it_does_not_spell_out():
    """The check cannot see `getattr` and `setattr` with a computed name, and modules that are imported by name."""
    root = Path(local_aws.__file__).parent
    hidden = []
    for path in sorted(root.rglob("*.py")):
        program = ast.parse(path.read_text())
        modules, _ = names._imported(program)
        if path.relative_to(root).parts[0] in ("tests", "hooks"):
            continue
        for node in ast.walk(program):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                is_ministack = isinstance(first, ast.Name) and first.id in modules
                if node.func.id in ("getattr", "setattr", "hasattr", "vars") and is_ministack:
                    hidden.append(f"{path.relative_to(root)}:{node.lineno}")
    assert hidden == []


def test_a_missing_name_is_reported_with_the_modules_that_use_it(monkeypatch):
    monkeypatch.setattr(names, "read", lambda: {"ministack.core.responses:never_there": "()"})
    (difference,) = names.differences([])
    assert difference.startswith("ministack.core.responses:never_there is gone")


def test_a_name_of_another_shape_is_reported_with_the_modules_that_use_it(monkeypatch):
    monkeypatch.setattr(names, "read", lambda: {"ministack.core.responses:get_region": "(account)"})
    (difference,) = names.differences([])
    assert "get_region has shape (), expected (account)" in difference
    assert "services.dynamodb.streams" in difference


def test_the_name_of_a_hook_must_be_in_the_file(monkeypatch):
    monkeypatch.setattr(names, "read", dict)
    assert names.differences(["ministack.app:app"]) == ["ministack.app:app is not in ministack_names.txt"]


async def coroutine(first, second): ...


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (lambda first, second: None, "(first,second)"),
        (coroutine, "async(first,second)"),
        ({}, "type:dict"),
        (int, "type:type"),
    ],
    ids=["function", "coroutine function", "value", "class"],
)
def test_the_shape_of_a_value(value, shape):
    assert shape_of(value) == shape


def test_a_target_reads_and_sets_items():
    handlers = {"AWS::S3::Bucket": {"create": print}}
    module = type(sys)("a_module_with_handlers")
    module.HANDLERS = handlers
    sys.modules[module.__name__] = module
    target = Target("a_module_with_handlers:HANDLERS[AWS::S3::Bucket][create]")
    assert target.value() is print
    target.set(len)
    assert handlers == {"AWS::S3::Bucket": {"create": len}}
    del sys.modules[module.__name__]
