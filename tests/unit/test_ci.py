"""`.ci/run`: a failure is readable from its last lines."""

import os
import shutil
import subprocess

import pytest

from tests.apps import ROOT

PASSES = "check test bench:\n\t@echo all is well\n"
TEST_FAILS = """
check bench:
\t@echo all is well
test:
\t@printf 'FAILED tests/test_a.py::test_one[a - b] - AssertionError: no\\nERROR tests/test_b.py\\n1 failed, 1 error\\n'
\t@exit 3
"""
CHECK_FAILS = """
check:
\ttrue
\tfalse a linter
test bench:
\t@echo unreached
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")

    # This test may itself run below a `make`, which tells its children so.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    def run(makefile: str) -> tuple[int, list[str]]:
        (tmp_path / "Makefile").write_text(makefile)
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        done = subprocess.run([tmp_path / ".ci" / "run"], env=environment, check=False, **output)
        return done.returncode, done.stdout.splitlines()

    return run


def test_three_steps_that_pass(run):
    assert run(PASSES) == (0, ["all is well"] * 3)


def test_the_failing_tests_are_named_one_line_each(run):
    status, lines = run(TEST_FAILS)
    assert status == 2
    assert lines[-5:] == [
        "failed with status 2: make test",
        "Makefile:6: @exit 3",
        "2 failing tests:",
        "  tests/test_a.py::test_one[a - b]",
        "  tests/test_b.py",
    ]


def test_the_failing_command_of_the_gate_is_named_and_nothing_runs_after_it(run):
    status, lines = run(CHECK_FAILS)
    assert status == 2
    assert lines[-2:] == ["failed with status 2: make check", "Makefile:4: false a linter"]
    assert "unreached" not in lines
