"""The reader of shards and the throughput of a shard, without a server and with a clock that the test moves."""

import json
import time

import pytest
from ministack.services import kinesis

from local_aws.services.kinesis import limits, reader, resharding, stream_data, writes
from local_aws.services.lambda_.event_sources.kinesis import KinesisStreams

ACCOUNT, REGION, NAME = "000000000000", "us-east-1", "unit"
ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{NAME}"


@pytest.fixture(autouse=True)
def stream():
    data = {
        "StreamName": NAME,
        "StreamARN": ARN,
        "RetentionPeriodHours": 24,
        "shards": kinesis._build_shards(1),
    }
    kinesis._streams.set_scoped(ACCOUNT, REGION, NAME, data)
    yield data
    kinesis._streams.clear()


def put(stream, *texts):
    return writes.put(stream, [writes.new_record("key", "eA==", None) for _ in texts])


def ids(positions):
    shards = reader.shards(ACCOUNT, REGION, ARN)
    return [shard.id[-1] for shard in reader.readable(shards, lambda shard: positions.get(shard.id[-1], 0))]


def test_children_are_readable_after_their_parents_are_finished(stream):
    first, second = (int(result.sequence_number) for result in put(stream, "a", "b"))
    resharding._scale(stream, 2)
    assert ids({}) == ["0"]
    assert ids({"0": first}) == ["0"]
    assert ids({"0": second}) == ["1", "2"]
    resharding._scale(stream, 1)
    # The empty shards 1 and 2 are closed and finished.
    assert ids({"0": second}) == ["3"]
    assert ids({"0": first}) == ["0"]


def test_records_go_to_the_open_shards_from_the_change_of_the_shards_on(stream):
    for count, shard_id in ((2, "1"), (1, "3"), (2, "4")):
        before = put(stream, "a")[0].shard_id
        resharding._scale(stream, count)
        after = put(stream, "b")[0].shard_id
        assert (before != after, after[-1]) == (True, shard_id)


def test_records_go_to_the_shards_of_a_new_stream_with_an_old_name(stream):
    put(stream, "a")
    resharding._scale(stream, 2)
    put(stream, "a")
    stream["shards"] = kinesis._build_shards(1)
    assert put(stream, "a")[0].shard_id[-1] == "0"


def test_the_size_of_an_events_json_is_known_without_encoding_it(stream):
    keys = ("plain", 'quoted " \\ é \u2028', "x" * 256)
    writes.put(stream, [writes.new_record_of(key, b"x" * number) for number, key in enumerate(keys)])
    (shard,) = KinesisStreams().shards(ACCOUNT, REGION, ARN)
    assert [record.json_bytes for record in shard.read(0)] == [len(json.dumps(one.event)) for one in shard.read(0)]


def test_expired_records_are_not_read_and_an_expired_closed_shard_is_finished(stream):
    put(stream, "a", "b")
    resharding._scale(stream, 2)
    parent = stream["shards"]["shardId-000000000000"]
    parent["records"][0]["ApproximateArrivalTimestamp"] -= 25 * 3600
    (shard, *_) = reader.shards(ACCOUNT, REGION, ARN)
    assert len(list(shard.read(0))) == 1
    parent["records"][1]["ApproximateArrivalTimestamp"] -= 25 * 3600
    assert shard.is_finished(0)
    assert ids({}) == ["1", "2"]
    parent["closed_at"] -= 25 * 3600
    stream_data.expire(stream)
    assert len(reader.shards(ACCOUNT, REGION, ARN)) == 2


def test_a_reader_that_has_begun_misses_no_record_while_others_expire(stream):
    put(stream, "a", "b", "c")
    before = _numbers(stream)
    (shard,) = reader.shards(ACCOUNT, REGION, ARN)
    records = shard.read(0)
    assert next(records).sequence == before[0]
    for record in stream["shards"][shard.id]["records"][:2]:
        record["ApproximateArrivalTimestamp"] -= 25 * 3600
    stream_data.expire(stream)
    assert [record.sequence for record in records] == before[1:]
    assert _numbers(stream) == before[2:]


def _numbers(stream):
    (shard,) = stream["shards"].values()
    return [int(record["SequenceNumber"]) for record in shard["records"]]


def test_listeners_are_told_of_the_stream_that_has_new_records(stream):
    heard = []
    reader.listen(heard.append)
    put(stream, "a")
    assert heard == [ARN]
    reader._listeners.remove(heard.append)


def test_a_position_by_time_is_before_the_first_record_from_then_on(stream):
    put(stream, "a", "b")
    (shard,) = reader.shards(ACCOUNT, REGION, ARN)
    (data,) = stream["shards"].values()
    data["records"][0]["ApproximateArrivalTimestamp"] -= 10
    start = shard.start("AT_TIMESTAMP", time.time() - 5)
    assert [record.sequence for record in shard.read(start)] == _numbers(stream)[1:]


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_shard_takes_a_thousand_records_a_second():
    clock = Clock()
    throughput = limits.Throughput(limits.WRITES, clock)
    assert sum(throughput.take(1) for _ in range(1500)) == 1000
    clock.now += 0.25
    assert sum(throughput.take(1) for _ in range(1500)) == 250
    clock.now += 100
    assert sum(throughput.take(1) for _ in range(1500)) == 1000


def test_a_refused_record_uses_no_throughput():
    clock = Clock()
    throughput = limits.Throughput(limits.WRITES, clock)
    assert throughput.take(1024 * 1024 - 10)
    assert not throughput.take(11)
    assert throughput.take(10)


def test_a_large_read_delays_the_next_reads():
    clock = Clock()
    throughput = limits.Throughput(limits.READS, clock)
    assert throughput.take_call()
    throughput.take_bytes(10 * 1024 * 1024)
    clock.now += 3.5
    assert not throughput.take_call()
    clock.now += 1
    assert throughput.take_call()
