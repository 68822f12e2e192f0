"""Groups of tests: what shares a deployed stage runs in one process."""

import ast

import pytest

from tests.apps import ROOT
from tests.scheduling import group

FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "e2e").rglob("test_*.py"))


def shares_the_stage(file: str) -> bool:
    """Whether a test or fixture of the file takes the shared stage."""
    functions = [node for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)]
    takers = [node for node in functions if node.name.startswith("test_") or node.decorator_list]
    return any(argument.arg == "stage" for function in takers for argument in function.args.args)


@pytest.mark.parametrize("file", [file for file in FILES if shares_the_stage(file)])
def test_a_file_that_takes_the_shared_stage_is_in_its_group(file):
    assert group(f"{file}::test_x[a::b]") in ("every app", "todo_app")


def test_every_other_file_is_a_group_by_itself():
    assert group("tests/unit/test_docs.py::test_x") == group("tests/unit/test_docs.py::test_y[a::b]")
    assert group("tests/unit/test_docs.py::test_x") != group("tests/unit/test_ci.py::test_x")
