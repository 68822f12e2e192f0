"""What the tool prints, on any terminal."""

import io
from collections.abc import Callable

import pytest

from deploy import cli, progress

ADDRESSES = "http://localhost:8001   https://localhost:8441"


def printed_to_ascii(monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]) -> bytes:
    """What a call prints to an output that has ASCII only."""
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", output)
        call()
    output.seek(0)
    return output.buffer.read()


def test_nothing_is_shortened_on_a_narrow_terminal(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    progress.print_rows([("todo_app", ADDRESSES), ("  API", "http://localhost:8001/api")])
    assert capsys.readouterr().out == f"  todo_app  {ADDRESSES}\n    API     http://localhost:8001/api\n"


def test_characters_that_the_output_cannot_show_are_replaced_in_every_command(monkeypatch):
    monkeypatch.setattr("deploy.commands.reset", lambda _: progress.out.print("Zoë publishes 日本 ✓"))
    assert printed_to_ascii(monkeypatch, lambda: cli.main(["reset"])) == b"Zo? publishes ?? ?\n"


def test_with_a_file_for_the_details_a_deployment_prints_only_what_fails(capsys):
    details = io.StringIO()
    steps = progress.Progress("todo_app", details)
    with steps.step("1 resources"):
        steps.change("Add Table")
    assert capsys.readouterr().out == ""
    assert steps.changes == 1
    assert details.getvalue().splitlines()[0].split() == ["Add", "Table"]
    assert "1 resources" in details.getvalue()
    with pytest.raises(ValueError, match="no"), steps.step("2 settings"):
        raise ValueError("no")
    assert "2 settings" in capsys.readouterr().out
