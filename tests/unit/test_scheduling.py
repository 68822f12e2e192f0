"""Groups of tests: what shares a deployed stage runs in one process."""

import ast

import pytest

from tests.apps import ROOT
from tests.scheduling import _FIRST, group, processes, turn

FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "e2e").rglob("test_*.py"))


def shares_a_stage(file: str) -> bool:
    """Whether a test or fixture of the file takes a stage that it does not make itself."""
    functions = [node for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)]
    takers = [node for node in functions if node.name.startswith("test_") or node.decorator_list]
    taken = {argument.arg for function in takers for argument in function.args.args} & {"stage", "tiny"}
    return bool(taken - {function.name for function in functions})


@pytest.mark.parametrize("file", [file for file in FILES if shares_a_stage(file)])
def test_a_file_that_takes_a_shared_stage_is_in_its_group(file):
    assert group(f"{file}::test_x[a::b]") in ("every app", "pages", "pipeline_app", "todo_app", "tiny_app")


def test_every_other_file_is_a_group_by_itself():
    assert group("tests/unit/test_docs.py::test_x") == group("tests/unit/test_docs.py::test_y[a::b]")
    assert group("tests/unit/test_docs.py::test_x") != group("tests/unit/test_ci.py::test_x")


@pytest.mark.parametrize("name", _FIRST)
def test_every_group_that_begins_early_is_there(name):
    folders = (ROOT / "tests", ROOT / "local_aws" / "tests")
    files = [path.relative_to(ROOT).as_posix() for folder in folders for path in folder.rglob("test_*.py")]
    assert name in {group(file) for file in files}
    assert turn(name) <= len(_FIRST)


def test_processes_keep_the_cpus_busy():
    assert [processes(cpus) for cpus in (1, 2, 4)] == [2, 3, 6]
