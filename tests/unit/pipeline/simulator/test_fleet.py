"""The loop of a process, with connections that lead nowhere."""

from collections import deque

import pytest
from simulator.fleet import Fleet, KeyReplaced
from simulator.ledger import Ledger, entries
from simulator.messages import DELIVERED, Faults, MessageSource


class FakeConnection:
    """A connection to a broker that acknowledges what it is given, unless it is offline."""

    def __init__(self, device: str, acknowledged) -> None:
        self.device = device
        self.is_connected = True
        self.is_full = False
        self.failure = ""
        self.socket = None
        self.connects = 0
        self.is_offline = False
        self._acknowledged = acknowledged
        self._waiting = deque()

    @property
    def pending(self) -> int:
        return len(self._waiting)

    def connect(self) -> None:
        self.connects += 1
        if self.is_offline:
            raise OSError("connection refused")

    def publish(self, message) -> None:
        self._waiting.append(message)

    def flush(self) -> None:
        while self._waiting and not self.is_offline:
            self._acknowledged(self._waiting.popleft())

    def keep_alive(self) -> None:
        pass

    def disconnect(self) -> None:
        pass


@pytest.fixture
def fleet(tmp_path):
    return Fleet(Ledger(tmp_path / "a.jsonl", lambda: 0), 0.001, lambda counts: None)


def add(fleet: Fleet, device: str, **faults: float) -> FakeConnection:
    connection = FakeConnection(device, fleet.acknowledged)
    fleet.add(connection, MessageSource(device, "run", Faults(**faults)))
    return connection


def stop_after(fleet: Fleet, made: int):
    return lambda: fleet.counts.made >= made


def test_every_device_sends_and_each_message_is_in_the_ledger_once(fleet, tmp_path):
    for number in range(3):
        add(fleet, f"device-{number}", duplicates=0.5)
    counts = fleet.run(None, stop_after(fleet, 300))
    assert counts.made == counts.acknowledged >= 300
    written = [(entry.device_id, entry.message_id) for entry in entries(tmp_path)]
    assert len(written) == len(set(written)) < counts.made
    assert {device for device, _ in written} == {"device-0", "device-1", "device-2"}


def test_what_was_not_acknowledged_is_not_in_the_ledger(tmp_path):
    fleet = Fleet(Ledger(tmp_path / "a.jsonl", lambda: 0), 0.001, lambda counts: None, drain_seconds=0.01)
    add(fleet, "offline").is_offline = True
    counts = fleet.run(None, stop_after(fleet, 20))
    assert counts.made == counts.pending >= 20
    assert list(entries(tmp_path)) == []
    assert counts.failure == "" or "refused" in counts.failure


def test_a_device_without_room_makes_no_new_message(fleet, tmp_path):
    full, other = add(fleet, "full"), add(fleet, "other")
    full.is_full = True
    fleet.run(None, stop_after(fleet, 50))
    assert {entry.device_id for entry in entries(tmp_path)} == {other.device}


def test_messages_wait_for_their_acknowledgement_at_the_end(fleet, tmp_path):
    late = add(fleet, "late")
    late.is_offline = True

    def until() -> bool:
        # From here on the loop only waits.
        late.is_offline = fleet.counts.made < 20
        return not late.is_offline

    counts = fleet.run(None, until)
    assert counts.pending == 0
    assert len([entry for entry in entries(tmp_path) if entry.expect == DELIVERED]) > 0


def test_a_simulation_of_a_device_that_was_removed_ends_with_a_complete_ledger(tmp_path):
    ledger = Ledger(tmp_path / "a.jsonl", lambda: 0)
    fleet = Fleet(ledger, 0.001, lambda counts: None, has_key=lambda device: device != "removed")
    add(fleet, "kept")
    removed = add(fleet, "removed")
    with pytest.raises(KeyReplaced, match="removed was removed or has a new key"):
        fleet.run(None, lambda: False)
    assert removed.connects == 1
    assert len(list(entries(tmp_path))) == fleet.counts.acknowledged > 0
