"""Which record of a stream waits, with a bounded number of calls."""

from datetime import UTC, datetime
from types import SimpleNamespace

from chalicelib.pipeline.health.model import Waiting
from chalicelib.pipeline.health.stream_position import MOST_MS, MOST_PAGES, MOST_SHARDS, StreamPosition

from tests.unit.pipeline.stage import NOON


class Throttled(Exception):
    """Kinesis refuses a read."""


class Kinesis:
    """A client of a stream; `pages` are the answers of each shard: its records' arrivals, and how far it is behind."""

    exceptions = SimpleNamespace(ProvisionedThroughputExceededException=Throttled)

    def __init__(self, pages):
        self.pages, self.starts, self.calls = pages, {}, 0

    def get_paginator(self, operation):
        return self

    def paginate(self, StreamName):  # noqa: N803 - the API's names
        return [{"Shards": [{"ShardId": shard_id} for shard_id in self.pages]}]

    def get_shard_iterator(self, StreamName, ShardId, **start):  # noqa: N803
        self.starts[ShardId] = start
        return {"ShardIterator": (ShardId, 0)}

    def get_records(self, ShardIterator, Limit):  # noqa: N803
        self.calls += 1
        shard_id, number = ShardIterator
        page = self.pages[shard_id][number]
        if page is Throttled:
            raise Throttled
        arrivals, behind_ms = page
        records = [{"ApproximateArrivalTimestamp": datetime.fromtimestamp(at / 1000, UTC)} for at in arrivals]
        answer = {"Records": records[:Limit], "MillisBehindLatest": behind_ms or 0}
        return answer if behind_ms is None else {**answer, "NextShardIterator": (shard_id, number + 1)}


def waiting(kinesis, positions=(), now=lambda: NOON):
    return StreamPosition(lambda: kinesis, "telemetry", now).waiting_after(dict(positions))


def test_records_after_an_empty_page_wait():
    kinesis = Kinesis({"shard-0": [([], 5000), ([NOON], 5000)], "shard-1": [([], 0)]})
    assert waiting(kinesis, {"shard-0": "10"}) == Waiting(NOON)
    assert kinesis.starts == {
        "shard-0": {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": "10"},
        "shard-1": {"ShardIteratorType": "TRIM_HORIZON"},
    }


def test_a_closed_shard_that_is_read_to_its_end_has_nothing_that_waits():
    assert waiting(Kinesis({"shard-0": [([], None)]})) == Waiting(None)


def test_a_record_that_is_not_found_in_a_few_pages_is_as_old_as_the_position_at_most():
    kinesis = Kinesis({"shard-0": [([], 7_200_000)] * (MOST_PAGES + 1)})
    assert waiting(kinesis) == Waiting(NOON - 7_200_000)
    assert kinesis.calls == MOST_PAGES


def test_a_shard_that_cannot_be_read_is_counted():
    assert waiting(Kinesis({"shard-0": [Throttled], "shard-1": [([NOON], 0)]})) == Waiting(NOON, unread_shards=1)


def test_the_calls_are_bounded_in_shards_and_in_time():
    many = {f"shard-{number}": [([], 0)] for number in range(MOST_SHARDS + 7)}
    assert waiting(Kinesis(many)) == Waiting(None, unread_shards=7)
    times = iter([NOON])
    late = Kinesis({"shard-0": [([NOON], 0)]})
    assert waiting(late, now=lambda: next(times, NOON + MOST_MS + 1)) == Waiting(None, unread_shards=1)
    assert late.calls == 0
