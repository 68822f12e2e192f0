"""The pipeline's health over HTTP, and from sources in memory."""

from datetime import UTC, datetime

import pytest
from chalicelib.pipeline.health.batch_table import BatchTable
from chalicelib.pipeline.health.model import Counts, QueueDepth, Waiting
from chalicelib.pipeline.health.report import HealthReport
from chalicelib.pipeline.reports.model import Kind, Report, Window

from tests.unit.aws import aws_client
from tests.unit.pipeline.delivery.batches import batch
from tests.unit.pipeline.stage import NOON


class Sources:
    """Batches by minute, a stream, queues and reports."""

    def __init__(self, batches):
        self._batches = batches

    def of_minutes(self, minutes):
        return [batch for minute in minutes for batch in self._batches.get(minute, [])]

    def positions(self):
        return {"shard-0": "10"}

    def waiting_after(self, positions):
        return Waiting(NOON if positions == {"shard-0": "10"} else None)

    def depths(self):
        return [QueueDepth("letters", 1, 2)]

    def failed(self, at_most):
        return []


def read(sources, minutes=2, now=NOON + 61_000):
    sources = dict.fromkeys(("batches", "stream", "queues", "reports"), sources)
    return HealthReport(**sources, now=lambda: now).read(minutes)


def test_the_batches_of_the_last_minutes_are_added_up():
    batches = {
        "2026-11-27T16:59": [Counts(received=100)],
        "2026-11-27T17:00": [Counts(received=5, delivered=3, quarantined={"wrong_type": 2})],
        "2026-11-27T17:01": [
            Counts(received=4, delivered=1, dropped={"heartbeat": 1}, quarantined={"wrong_type": 1, "out_of_range": 1})
        ],
    }
    health = read(Sources(batches))
    assert health.since == NOON
    assert health.counts == Counts(9, 4, {"out_of_range": 1, "wrong_type": 3}, {"heartbeat": 1})
    assert health.counts.is_balanced


def test_counts_that_do_not_add_up_are_not_balanced():
    assert not read(Sources({"2026-11-27T17:00": [Counts(received=5, delivered=3)]})).counts.is_balanced


def test_the_oldest_record_is_looked_for_after_the_positions_of_the_delivery():
    assert read(Sources({})).waiting.oldest_at == NOON


def put_batch(minute, **numbers):
    zero = dict.fromkeys(("received", "delivered", "quarantined", "dropped", "failed", "released"), 0)
    item = {name: {"N": str(number)} for name, number in {**zero, **numbers}.items()}
    maps = {"reasons": {"M": {}}, "rules": {"M": {}}}
    key = {"minute": {"S": minute}, "batch": {"S": "digest"}}
    aws_client("dynamodb").put_item(TableName="batches", Item={**item, **maps, **key})


def test_health_over_http(pipeline_app):
    put_batch(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M"), received=3, delivered=3)
    aws_client("kinesis").put_record(StreamName="telemetry", Data=b"{}", PartitionKey="d")
    health = pipeline_app.call("GET", "/health").json
    assert (health["received"], health["delivered"], health["balanced"]) == (3, 3, True)
    assert health["oldestWaitingSeconds"] >= 0
    assert health["queues"] == [{"name": "letters", "waiting": 0, "inFlight": 0}]
    assert (health["unreadShards"], health["failedReports"]) == (0, [])


def test_a_record_waits_until_a_batch_with_its_shard_has_been_received(pipeline_app):
    put = aws_client("kinesis").put_record(StreamName="telemetry", Data=b"{}", PartitionKey="d")
    assert pipeline_app.call("GET", "/health").json["oldestWaitingSeconds"] is not None
    (received,) = batch(b"{}")
    received["kinesisRecordMetadata"] = {"shardId": put["ShardId"], "sequenceNumber": put["SequenceNumber"]}
    pipeline_app.client.lambda_.invoke("transform", {"records": [received]})
    assert pipeline_app.call("GET", "/health").json["oldestWaitingSeconds"] is None


def test_the_position_of_a_shard_never_goes_back(pipeline_app):
    (older, newer) = batch(b"{}", b"{}")
    for number, received in (("100", newer), ("99", older)):
        received["kinesisRecordMetadata"] = {"shardId": "shard-0", "sequenceNumber": number}
        pipeline_app.client.lambda_.invoke("transform", {"records": [received]})
    table = BatchTable(lambda: aws_client("dynamodb"), "batches")
    assert table.positions() == {"shard-0": "100"}


def test_reports_that_cannot_be_made_are_named_with_the_reason(pipeline_app):
    windows, window = pipeline_app.module.pipeline_app.report_windows, Window("2026-11-27T17")
    reason = "unload: HIVE_BAD_DATA: Not valid Parquet file: s3://telemetry/a"
    parked = Report(Kind.DEVICE_HOUR, window, parked_version=1, reason=reason, last_started_at=NOON).changed()
    windows.save(parked)
    windows.save(Report(Kind.FLEET_HOUR, window).changed(built_version=1, built_run="v1"))
    assert pipeline_app.call("GET", "/health").json["failedReports"] == [
        {"kind": "device_hour", "window": "2026-11-27T17", "state": "parked", "reason": reason}
    ]
    windows.save(parked.changed(built_version=2, built_run="v2", reason=""))
    assert pipeline_app.call("GET", "/health").json["failedReports"] == []


@pytest.mark.parametrize("minutes", ["0", "61", "x"])
def test_the_time_is_limited(pipeline_app, minutes):
    assert pipeline_app.call("GET", f"/health?minutes={minutes}").status == 400
