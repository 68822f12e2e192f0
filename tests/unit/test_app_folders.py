"""Tests in an app's folder run as docs/testing.md shows them."""

import importlib
import inspect
import os
import re
import subprocess
import sys

import pytest

from deploy.apps import App
from tests import app_folder
from tests.apps import put_on_path
from tests.documentation import CODE, DOCS, ROOT, section
from tests.unit import stage as stages

OTHER_APPS = ("blog_app", "pipeline_app", "video_app")
PAGE = (DOCS / "testing.md").read_text()


def example(app: str) -> str:
    ((language, code),) = CODE.findall(section(PAGE, app))
    assert language == "python"
    return code


@pytest.fixture
def checkout(tmp_path):
    """A checkout to whose folders of apps a test can write."""
    for path in ROOT.iterdir():
        if path.name in ("conftest.py", "pyproject.toml") or (path.is_dir() and not path.name.startswith(".")):
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def passed_in(folder) -> int:
    """How many tests pass in a plain run in this folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    return int(passed[1]) if passed else 0


def test_a_plain_run_in_an_apps_folder_finds_the_app_and_has_moto(checkout):
    (checkout / "todo_app").unlink()
    (checkout / "todo_app").mkdir()
    for path in (ROOT / "todo_app").iterdir():
        (checkout / "todo_app" / path.name).symlink_to(path)
    # Chalice's guide has a package of this name, as the project has.
    tests = checkout / "todo_app" / "tests"
    tests.mkdir()
    (tests / "__init__.py").touch()
    (tests / "test_app.py").write_text(example("todo_app"))
    assert passed_in(checkout / "todo_app") == example("todo_app").count("\ndef test_")


def test_an_app_without_a_stage_for_unit_tests_has_its_environment(tmp_path):
    (tmp_path / "stages.yaml").write_text("name: new\nport_offset: 9\nstages: {local: {}}\n")
    (tmp_path / "resources.yaml").write_text(
        "Outputs: {TableName: {Value: !Ref Table}, RoleNew: {Value: !GetAtt A.Arn}}\n"
    )
    assert app_folder.environment(App(tmp_path)).keys() == {"TABLE_NAME", "AWS_REGION", "AWS_DEFAULT_REGION"}


@pytest.mark.parametrize("app", OTHER_APPS)
def test_the_examples_of_the_other_apps_pass(app, capsys):
    put_on_path(app)
    own = importlib.import_module(f"tests.unit.{app.removesuffix('_app')}.stage")
    with stages.in_moto(own.ENVIRONMENT, own.start) as stage, pytest.MonkeyPatch.context() as patch:
        app_folder.serve(stage.module, patch)
        for handler in stage.module.log.handlers:
            # Another test may have imported the app when its output was captured.
            patch.setattr(handler, "stream", sys.stdout)
        fixtures = {"stage": stage, "token": stages.token, "capsys": capsys}
        names: dict[str, object] = {}
        exec(example(app), names)
        tests = [value for name, value in names.items() if name.startswith("test_")]
        assert tests
        for test in tests:
            stages.emptied(stage)
            test(**{name: fixtures[name] for name in inspect.signature(test).parameters})
