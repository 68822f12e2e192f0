"""The ledger of what was acknowledged."""

import json
from itertools import count

from simulator.ledger import Ledger, delete, entries
from simulator.messages import Outgoing

MESSAGE = Outgoing("kitchen", "run-1", b"{}", 1_795_802_400_000, "delivered")


def test_a_line_has_what_reconciliation_needs(tmp_path):
    ledger = Ledger(tmp_path / "ledger" / "a.jsonl", count(1_795_802_400_500).__next__)
    ledger.acknowledged(MESSAGE)
    ledger.close()
    assert json.loads((tmp_path / "ledger" / "a.jsonl").read_text()) == {
        "device_id": "kitchen",
        "message_id": "run-1",
        "event_time_ms": 1_795_802_400_000,
        "acked_at_ms": 1_795_802_400_500,
        "expect": "delivered",
    }


def test_all_files_are_read_without_a_line_that_was_cut_off(tmp_path):
    for name in ("a", "b"):
        ledger = Ledger(tmp_path / f"{name}.jsonl", lambda: 0)
        ledger.acknowledged(MESSAGE)
        ledger.close()
    with (tmp_path / "b.jsonl").open("ab") as file:
        file.write(b'{"device_id":"kit')
    assert [entry.message_id for entry in entries(tmp_path)] == ["run-1", "run-1"]


def test_flushed_lines_are_readable_while_the_simulation_runs(tmp_path):
    ledger = Ledger(tmp_path / "a.jsonl", lambda: 0)
    ledger.acknowledged(MESSAGE)
    ledger.flush()
    assert len(list(entries(tmp_path))) == 1
    ledger.close()


def test_a_ledger_is_deleted_and_may_be_deleted_again(tmp_path):
    ledger = Ledger(tmp_path / "ledger" / "a.jsonl", lambda: 0)
    ledger.acknowledged(MESSAGE)
    ledger.close()
    delete(tmp_path / "ledger")
    assert list(entries(tmp_path / "ledger")) == []
    delete(tmp_path / "ledger")
    delete(tmp_path / "no such folder")
