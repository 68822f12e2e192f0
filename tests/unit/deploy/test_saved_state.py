"""The command `state` says in one line what it cannot do."""

import pytest

from deploy.checkout import Checkout
from deploy.cli import main


@pytest.fixture
def state(tmp_path, capsys):
    def run(*arguments: str) -> str:
        assert main(["--root", str(tmp_path), "state", *arguments]) == 1
        return capsys.readouterr().err.replace("\n", " ")

    return run


def test_a_save_needs_a_running_embedded_aws(state):
    assert "does not run" in state("save")


def test_an_export_needs_a_file(state):
    assert "state export FILE" in state("export")


def test_no_state_is_imported_while_the_embedded_aws_runs(state, tmp_path):
    with Checkout(tmp_path).lock_for_run():
        assert "already runs" in state("import", str(tmp_path / "file"))


def test_a_file_that_is_no_state_is_refused(state, tmp_path):
    (tmp_path / "file").write_bytes(b"something else")
    assert "nothing was changed" in state("import", str(tmp_path / "file"))
