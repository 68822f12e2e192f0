"""Reconciliation: what is said of a message that is missing, and of a count that is wrong."""

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from operations.reconciliation.comparison import Places, Stored, reconcile
from operations.reconciliation.messages import DELIVERED, DROPPED, QUARANTINED, Expected, MessageKey, message_id
from operations.reconciliation.places import arrived_messages, stored_messages
from operations.telemetry_stream import StreamRecord

HOUR = "2026-11-27T17"
NOW = 1_795_798_800_000


def key(number, device="d"):
    return MessageKey(device, f"m-{number}")


def expected(number, outcome=DELIVERED, acked_at=NOW):
    return Expected(key(number), outcome, NOW, acked_at)


def places(stored=(), *, streamed=(), since=NOW + 1, released=(), quarantined=(), warehouse=None, pending=()):
    rows = {one: Stored((HOUR,), 1) for one in stored}
    counts = {("d", HOUR): len(rows)} if warehouse is None else warehouse
    return Places(streamed, since, released, rows, quarantined, counts, pending.__contains__)


def test_everything_in_its_place_agrees():
    found = places([key(1)], streamed=[key(1), key(2), key(3)], since=NOW, quarantined=[key(2)])
    differences = reconcile([expected(1), expected(2, QUARANTINED), expected(3, DROPPED)], found)
    assert differences.agree
    assert differences.messages == 3


def test_each_missing_message_is_named_once_with_its_places():
    differences = reconcile([expected(1), expected(2, QUARANTINED)], places(streamed=[key(1)], since=NOW, warehouse={}))
    assert differences.missing == [
        "d m-1 is not in S3",
        "d m-2 is not in the stream and is not in the quarantine",
    ]


def test_a_message_older_than_the_stream_is_not_looked_for_there():
    assert reconcile([expected(1)], places([key(1)], since=NOW + 1)).agree


def test_a_message_that_only_a_redrive_has_put_into_the_stream_is_there():
    assert reconcile([expected(1)], places([key(1)], since=NOW, released=[key(1)])).agree


def test_a_message_that_was_just_acknowledged_is_on_its_way_unless_it_is_in_the_wrong_place():
    nowhere = replace(places(warehouse={}), settled_until_ms=NOW - 1)
    differences = reconcile([expected(1), expected(2, acked_at=NOW - 1)], nowhere)
    assert (differences.on_their_way, differences.missing) == (1, ["d m-2 is not in S3"])
    in_quarantine = replace(places(quarantined=[key(1)]), settled_until_ms=NOW - 1)
    assert reconcile([expected(1)], in_quarantine).missing == ["d m-1 is in the quarantine"]


def test_a_message_in_the_wrong_place_is_named():
    differences = reconcile([expected(1), expected(2, QUARANTINED)], places([key(2)], quarantined=[key(1)]))
    assert differences.missing == ["d m-1 is in the quarantine", "d m-2 is delivered"]


def test_a_message_in_two_places_is_double_unless_it_was_released():
    assert reconcile([], places([key(1)], quarantined=[key(1)])).double == ["d m-1 is both in S3 and in the quarantine"]
    assert reconcile([expected(1, QUARANTINED)], places([key(1)], quarantined=[key(1)], released=[key(1)])).agree
    assert reconcile([expected(1, QUARANTINED)], places([key(1)], released=[key(1)])).agree


def test_the_warehouse_counts_each_message_once():
    stored = [key(1), key(2)]
    low = reconcile([], places(stored, warehouse={("d", HOUR): 1}))
    high = reconcile([], places(stored, warehouse={("d", HOUR): 3}))
    unknown = reconcile([], places(stored, warehouse={("d", HOUR): 2, ("e", HOUR): 1}))
    later = reconcile([], places(stored, warehouse={}))
    assert low.too_low == [f"d {HOUR}: 2 messages in S3, 1 in the warehouse"]
    assert high.too_high == [f"d {HOUR}: 2 messages in S3, 3 in the warehouse"]
    assert unknown.too_high == [f"e {HOUR}: 0 messages in S3, 1 in the warehouse"]
    assert later.agree
    pending = places(stored, warehouse={("d", HOUR): 1}, pending=[HOUR])
    assert reconcile([], pending).waiting == [f"d {HOUR}: 2 messages in S3, 1 in the warehouse"]
    assert (low.counts, unknown.counts) == (1, 2)
    assert later.waiting == [f"d {HOUR}: 2 messages in S3, 0 in the warehouse"]


def test_two_rows_of_a_message_are_counted_and_no_error():
    found = Places((), NOW + 1, (), {key(1): Stored((HOUR,), 3)}, (), {("d", HOUR): 1})
    differences = reconcile([expected(1), expected(1)], found)
    assert (differences.agree, differences.extra_rows, differences.messages) == (True, 2, 1)


def test_an_id_that_a_device_uses_in_two_hours_counts_in_both():
    other = "2026-11-27T18"
    rows = [["d", "m-1", "2026-11-27 17:00:00.000", "1"], ["d", "m-1", "2026-11-27 18:00:00.000", "2"]]
    stored = stored_messages(type("Queries", (), {"rows": lambda self, sql: rows})(), "2026-11-27", "2026-11-27")
    found = Places((), NOW + 1, (), stored, (), {("d", HOUR): 1, ("d", other): 1})
    differences = reconcile([expected(1)], found)
    assert (differences.double, differences.missing, differences.extra_rows) == ([], [], 1)


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_exactly_what_is_lost_is_named(sent, lost):
    kept = sent - lost
    differences = reconcile([expected(number) for number in sent], places([key(number) for number in kept]))
    assert differences.missing == [f"d m-{number} is not in S3" for number in sent if number in lost]
    assert differences.double == []


def record(payload, **more):
    envelope = {"payload": payload, "device_id": "d", "received_at": NOW, "source_id": "0" * 36, **more}
    return StreamRecord("shard", "1", "d", NOW, msgspec.json.encode(envelope))


def test_the_streams_records_say_what_must_become_of_them():
    delivered = record(b'{"id": "m-1", "time": 1795798800, "measurements": {"humidity": 40}}')
    heartbeat = record(b'{"id": "m-2", "time": 1795798800}')
    wrong = record(b'{"id": "m-3", "time": "today"}')
    again = record(b'{"id": "m-4", "time": 1795798800}', released_at=NOW)
    nothing = StreamRecord("shard", "1", "d", NOW, b"\xff")
    arrived, released = arrived_messages([delivered, heartbeat, wrong, again, nothing])
    assert [(one.key, one.outcome) for one in arrived] == [
        (key(1), DELIVERED),
        (key(2), DROPPED),
        (key(3), QUARANTINED),
    ]
    assert released == {key(4)}


def test_the_id_of_a_broken_message_is_found():
    assert message_id(b'{"id":"m-1","time":"2026') == "m-1"
    assert message_id(b"\xff\xfe") is None
