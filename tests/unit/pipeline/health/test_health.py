"""The pipeline's health over HTTP, and from sources in memory."""

from datetime import UTC, datetime

import pytest
from chalicelib.pipeline.health.model import BatchCounts, Counts, QueueDepth
from chalicelib.pipeline.health.report import HealthReport

from tests.unit.aws import aws_client
from tests.unit.pipeline.stage import NOON


class Sources:
    """Batches by minute, a stream and queues."""

    def __init__(self, batches, oldest=None):
        self._batches, self._oldest = batches, oldest
        self.asked = None

    def of_minutes(self, minutes):
        return [batch for minute in minutes for batch in self._batches.get(minute, [])]

    def oldest_after(self, positions, since):
        self.asked = positions, since
        return self._oldest

    def depths(self):
        return [QueueDepth("letters", 1, 2)]


def read(sources, minutes=2, now=NOON + 61_000):
    return HealthReport(sources, sources, sources, lambda: now).read(minutes)


def batch(positions=(), **counts):
    return BatchCounts(Counts(**counts), dict(positions))


def test_the_batches_of_the_last_minutes_are_added_up():
    batches = {
        "2026-11-27T16:59": [batch(received=100)],
        "2026-11-27T17:00": [batch(received=5, delivered=3, quarantined={"wrong_type": 2})],
        "2026-11-27T17:01": [
            batch(received=4, delivered=1, dropped={"heartbeat": 1}, quarantined={"wrong_type": 1, "out_of_range": 1})
        ],
    }
    health = read(Sources(batches))
    assert health.since == NOON
    assert health.counts == Counts(9, 4, {"out_of_range": 1, "wrong_type": 3}, {"heartbeat": 1})
    assert health.counts.is_balanced


def test_counts_that_do_not_add_up_are_not_balanced():
    assert not read(Sources({"2026-11-27T17:00": [batch(received=5, delivered=3)]})).counts.is_balanced


def test_the_oldest_record_is_looked_for_after_the_newest_position_of_each_shard():
    batches = {
        "2026-11-27T17:00": [batch({"shard-0": "9"}), batch({"shard-0": "10", "shard-1": "5"})],
        "2026-11-27T17:01": [batch({"shard-1": "7"})],
    }
    sources = Sources(batches, oldest=NOON)
    assert read(sources).oldest_waiting_at == NOON
    assert sources.asked == ({"shard-0": "10", "shard-1": "7"}, NOON)


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


@pytest.mark.parametrize("minutes", ["0", "61", "x"])
def test_the_time_is_limited(pipeline_app, minutes):
    assert pipeline_app.call("GET", f"/health?minutes={minutes}").status == 400
