"""Each record of a batch is delivered, dropped by a rule or quarantined, and the counts add up."""

import base64
import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import files

import pytest
from chalicelib.pipeline.delivery import transform
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pipeline.delivery.batches import Delivery, batch, kinds
from tests.unit.pipeline.telemetry.records import RECEIVED_AT, SOURCE_ID, message, record


def rows(results) -> list[dict]:
    return [json.loads(base64.b64decode(result["data"])) for result in results if result["result"] == "Ok"]


def test_a_reading_is_a_row_in_the_partition_of_its_event_hour():
    sent = message(time="2026-11-27T23:30:00.250+07:00", measurements={"temperature": 70}, units={"temperature": "F"})
    (result,) = Delivery().run(record(sent))
    assert result["metadata"] == {"partitionKeys": {"event_date": "2026-11-27", "event_hour": "16"}}
    assert rows([result]) == [
        {
            "device_id": "sensor-1",
            "message_id": "m-1",
            "source_id": SOURCE_ID,
            "event_time": "2026-11-27 16:30:00.250",
            "received_at": "2026-11-27 17:00:00.000",
            "temperature": 21.111111,
        }
    ]


def test_results_are_in_the_order_of_the_records_with_their_ids():
    records = batch(record(), b"wrong", record(message(id="m-2")))
    results = Delivery().transform.run(records)
    assert [result["recordId"] for result in results] == [one["recordId"] for one in records]
    assert kinds(results) == ["Ok", "Dropped", "Ok"]


def test_one_poison_record_lets_the_other_99_through():
    delivery = Delivery()
    envelopes = [record(message(id=f"m-{number}")) for number in range(100)]
    envelopes[42] = record(b"\xff{ poison")
    results = delivery.run(*envelopes)
    assert [row["message_id"] for row in rows(results)] == [f"m-{number}" for number in range(100) if number != 42]
    counts = delivery.batches.only
    assert (counts.received, counts.delivered, counts.quarantined) == (100, 99, {"invalid_utf8": 1})


def test_a_quarantined_record_is_kept_with_its_reason_and_its_bytes():
    delivery = Delivery()
    envelope = record(message(measurements={"temperature": "hot"}))
    assert kinds(delivery.run(record(), envelope)) == ["Ok", "Dropped"]
    (name,) = delivery.quarantine.files
    assert name == f"wrong_type/2026-11-27/{delivery.batches.only.batch}.jsonl"
    (kept,) = delivery.quarantine.records
    assert kept.reason == "wrong_type"
    assert "$.measurements.temperature" in kept.detail
    assert (kept.device_id, kept.source_id, kept.received_at) == ("sensor-1", SOURCE_ID, RECEIVED_AT)
    assert kept.payload == message(measurements={"temperature": "hot"})
    assert kept.record == envelope


def test_a_file_of_quarantine_has_the_records_of_one_reason():
    delivery = Delivery()
    delivery.run(b"1", record(b"{"), b"2", record(b"}"))
    assert {name.partition("/")[0]: len(kept) for name, kept in delivery.quarantine.files.items()} == {
        "invalid_envelope": 2,
        "invalid_json": 2,
    }


def test_heartbeats_and_duplicates_are_dropped_by_rule():
    delivery = Delivery()
    heartbeat = record(message(id="m-2", measurements=None))
    other = record(device_id="sensor-2")
    assert kinds(delivery.run(record(), record(), heartbeat, heartbeat, other)) == [
        *("Ok", "Dropped", "Dropped", "Dropped", "Ok")
    ]
    assert delivery.batches.only.dropped == {"duplicate": 2, "heartbeat": 1}


def test_a_repeated_batch_changes_nothing():
    delivery = Delivery()
    envelopes = record(), b"wrong", record(), record(message(measurements=None)), record(b"{")
    first = delivery.run(*envelopes)
    files, items = dict(delivery.quarantine.files), dict(delivery.batches.items)
    assert delivery.run(*envelopes) == first
    assert (delivery.quarantine.files, delivery.batches.items) == (files, items)


def test_counts_are_kept_after_the_quarantine():
    delivery = Delivery()

    def fail(*arguments):
        raise ConnectionError("S3")

    delivery.quarantine.put = fail
    with pytest.raises(ConnectionError):
        delivery.run(record(), b"wrong")
    assert delivery.batches.items == {}


def test_a_fault_of_our_own_fails_one_record(monkeypatch):
    def fail_one(reading, row_of=transform.row_of):
        if reading.message_id == "m-2":
            raise ZeroDivisionError
        return row_of(reading)

    monkeypatch.setattr(transform, "row_of", fail_one)
    delivery = Delivery()
    results = delivery.run(*(record(message(id=f"m-{number}")) for number in (1, 2, 3)))
    assert kinds(results) == ["Ok", "ProcessingFailed", "Ok"]
    assert (delivery.batches.only.delivered, delivery.batches.only.failed) == (2, 1)


def test_the_response_stays_below_the_limit_of_lambda(monkeypatch):
    monkeypatch.setattr(transform, "MAX_RESPONSE_BYTES", 30_000)
    delivery = Delivery()
    results = delivery.run(*(record(message(id=f"m-{number}")) for number in range(100)))
    assert len(json.dumps(results)) < 30_000
    assert (
        kinds(results) == ["Ok"] * delivery.batches.only.delivered + ["ProcessingFailed"] * delivery.batches.only.failed
    )
    assert 0 < delivery.batches.only.failed < 100


def test_records_that_were_released_are_counted():
    delivery = Delivery()
    delivery.run(record(released_at=RECEIVED_AT), record(b"{", released_at=RECEIVED_AT), record(message(id="m-2")))
    counts = delivery.batches.only
    assert (counts.received, counts.released, counts.delivered, counts.quarantined) == (3, 2, 2, {"invalid_json": 1})


def test_the_counts_say_how_far_each_shard_was_read():
    delivery = Delivery()
    delivery.run(record(), b"wrong", record())
    assert delivery.batches.only.positions == {
        "shardId-000000000000": str(10**55 + 2),
        "shardId-000000000001": str(10**55 + 1),
    }


HOSTILE = [
    b"",
    b"\xff",
    b"null",
    record(payload="***"),
    record(device_id="../../etc/passwd"),
    record(device_id='=cmd|" /C calc"!A0'),
    record(device_id="a'; DROP TABLE telemetry; --"),
    record(device_id="a/b"),
    record(b""),
    record(b"{"),
    record(message() + b"\n" + message()),
    record(b"[" * 8000),
    record(b'{"id": "m-1", "time": 1e999}'),
    record(message().replace(b"21.4", b"NaN")),
    record(message().replace(b"21.4", b'"21.4"')),
    record(message(id="../m")),
    record(message(id="=1+1")),
    record(message(time=0)),
    record(message(time="1970-01-01T00:00:00Z")),
    record(message(time="2099-01-01T00:00:00Z")),
    record(message(time="2026-11-27T17:00:00")),
    record(message(humidity=40)),
    record(message(measurements={"temperature": 5000})),
    record(message(id="m" * 100_000)),
]


def test_everything_hostile_is_quarantined():
    delivery = Delivery()
    assert set(kinds(delivery.run(*HOSTILE))) == {"Dropped"}
    counts = delivery.batches.only
    assert counts.dropped == {}
    assert sum(counts.quarantined.values()) == counts.received == len(HOSTILE)


valid = st.builds(
    lambda number, temperature: record(message(id=f"m-{number}", measurements={"temperature": temperature})),
    st.integers(0, 5),
    st.floats(-50, 50) | st.none(),
)


@given(envelopes=st.lists(st.sampled_from(HOSTILE) | valid | st.binary(max_size=100), max_size=30))
def test_every_record_has_one_outcome_and_the_counts_add_up(envelopes):
    delivery = Delivery()
    results = delivery.run(*envelopes)
    assert len(results) == len(envelopes)
    if not envelopes:
        assert delivery.batches.items == {}
        return
    counts = delivery.batches.only
    quarantined, dropped = sum(counts.quarantined.values()), sum(counts.dropped.values())
    assert counts.received == len(envelopes) == counts.delivered + quarantined + dropped
    assert counts.failed == 0
    assert kinds(results).count("Ok") == counts.delivered == len(rows(results))
    assert len(delivery.quarantine.records) == quarantined
    assert all(result["metadata"]["partitionKeys"] for result in results if result["result"] == "Ok")


# ---- a public data set: a year of hourly temperatures in Seattle, in °F and local time ----


def seattle() -> list[tuple[datetime, str]]:
    """The readings of the package vega_datasets: local times without an offset, and temperatures as text."""
    (path,) = (file for file in files("vega_datasets") or () if file.name == "seattle-temps.csv")
    lines = csv.DictReader(io.StringIO(path.read_text()))
    return [(datetime.strptime(line["date"], "%Y/%m/%d %H:%M"), line["temp"]) for line in lines]


# Without the changes of summer time, as the data set is.
PACIFIC = timezone(timedelta(hours=-8))


def sent_at_arrival(number: int, local: datetime, temperature: object) -> bytes:
    """What a device in Seattle sends in °F with its offset; it arrives a second later."""
    time = local.replace(tzinfo=PACIFIC)
    sent = message(
        id=f"seattle-{number}",
        time=time.isoformat(),
        measurements={"temperature": temperature},
        units={"temperature": "F"},
    )
    return record(sent, device_id="seattle", received_at=int(time.timestamp() * 1000) + 1000)


def test_a_public_data_set_of_sensor_readings_is_delivered():
    readings = seattle()
    delivery = Delivery()
    results = delivery.run(
        *(sent_at_arrival(number, local, float(value)) for number, (local, value) in enumerate(readings))
    )
    delivered = rows(results)
    assert len(delivered) == len(readings) == 8759
    for (local, value), row, result in zip(readings, delivered, results, strict=True):
        in_utc = local.replace(tzinfo=PACIFIC).astimezone(UTC)
        assert row["event_time"] == f"{in_utc:%Y-%m-%d %H:%M:%S}.000"
        assert row["temperature"] == pytest.approx((float(value) - 32) * 5 / 9, abs=1e-6)
        assert result["metadata"]["partitionKeys"] == {"event_date": f"{in_utc:%Y-%m-%d}", "event_hour": f"{in_utc:%H}"}


def test_the_data_set_as_it_is_written_is_quarantined():
    delivery = Delivery()
    local, value = seattle()[0]
    without_offset = message(time=local.isoformat(), measurements={"temperature": float(value)})
    results = delivery.run(sent_at_arrival(1, local, value), record(without_offset), sent_at_arrival(2, local, None))
    assert kinds(results) == ["Dropped"] * 3
    assert delivery.batches.only.quarantined == {"wrong_type": 1, "time_without_offset": 1}
    assert delivery.batches.only.dropped == {"heartbeat": 1}
