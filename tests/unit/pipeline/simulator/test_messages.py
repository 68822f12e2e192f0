"""The messages of simulated devices: the pipeline makes of each what the ledger expects."""

import base64
import json
import re
import uuid
from random import Random

import pytest
from chalicelib.pipeline.telemetry.decoding import decode
from chalicelib.pipeline.telemetry.model import Heartbeat, Reading, Rejected
from simulator.messages import DELIVERED, DROPPED, QUARANTINED, Faults, MessageSource, Outgoing
from simulator.wrong import WRONG

NOW = 1_795_802_400.0  # 2026-11-27T18:00:00Z


def source(device: str = "kitchen-1", seed: int = 1, **faults: float) -> MessageSource:
    return MessageSource(device, "run", Faults(**faults), Random(seed))


def sent(messages: MessageSource, count: int, interval: float = 1.0) -> list[Outgoing]:
    return [one for number in range(count) for one in messages.messages(NOW + number * interval)]


def outcome(message: Outgoing):
    """What the pipeline makes of a message that arrives at once."""
    envelope = {
        "payload": base64.b64encode(message.payload).decode(),
        "device_id": message.device,
        "received_at": int(NOW * 1000),
        "source_id": str(uuid.UUID(int=1)),
    }
    return decode(json.dumps(envelope).encode())


EXPECTED = {DELIVERED: Reading, DROPPED: Heartbeat, QUARANTINED: Rejected}


@pytest.mark.parametrize("device", ["kitchen-0", "kitchen-1", "kitchen-2", "kitchen-3"])
def test_every_message_becomes_what_the_ledger_expects(device):
    messages = sent(source(device, late=0.2, wrong=0.3), 200, interval=0.1)
    assert {message.expect for message in messages} == set(EXPECTED)
    for message in messages:
        decoded = outcome(message)
        assert isinstance(decoded, EXPECTED[message.expect]), (message, decoded)
        if isinstance(decoded, Reading | Heartbeat):
            assert decoded.message_id == message.message_id
            assert decoded.event_time_ms == message.event_time_ms


@pytest.mark.parametrize("kind", WRONG)
def test_each_wrong_message_is_quarantined_and_can_be_found_by_its_id(kind):
    message = {"id": "run-7", "time": "2026-11-27T18:00:00.000+00:00", "measurements": {"temperature": 21.4}}
    payload = WRONG[kind](message)
    assert payload.startswith(b'{"id":"run-7"')
    assert isinstance(outcome(Outgoing("kitchen", "run-7", payload, 0, QUARANTINED)), Rejected)


def test_units_differ_by_device_and_measurements_do_not():
    by_device = {device: outcome(sent(source(device), 1)[0]) for device in ("a-0", "a-1", "a-2", "a-3")}
    for reading in by_device.values():
        assert 0 < reading.temperature < 40
        assert 950 < reading.pressure < 1070


def test_a_duplicate_has_the_same_bytes_and_ids_are_never_used_twice():
    messages = sent(source(duplicates=0.5), 100)
    copies = [message for message in messages if message.is_copy]
    assert 25 < len(copies) < 75
    for copy in copies:
        original = messages[messages.index(copy) - 1]
        assert (original.payload, original.message_id) == (copy.payload, copy.message_id)
    assert len({message.message_id for message in messages}) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", message.message_id) for message in messages)


def test_late_messages_are_hours_old_and_accepted():
    messages = sent(source(late=1.0), 50, interval=0)
    ages = [NOW * 1000 - message.event_time_ms for message in messages]
    assert min(ages) > 9 * 60_000
    assert max(ages) > 24 * 3_600_000


def test_gaps_take_their_share_of_the_time_at_any_rate():
    for interval in (0.5, 5.0):
        count = int(50_000 / interval)
        share = 1 - len(sent(source(gaps=0.3), count, interval)) / count
        assert 0.25 < share < 0.35


def test_heat_is_added_to_each_temperature():
    normal, hot = (outcome(sent(source("kitchen-1", heat=heat), 1)[0]).temperature for heat in (0, 20))
    assert 19 < hot - normal < 21


def test_without_faults_every_moment_has_one_message():
    assert len(sent(source(), 300)) == 300
