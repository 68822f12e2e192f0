"""Resharding and reading of streams: https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-resharding.html."""

import re
from collections import deque

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.iam_principals import User, policy, refused, statement
from local_aws.tests.kinesis_streams import MIDDLE, Stream


def test_records_are_read_from_every_position(aws):
    stream = Stream(aws)
    _, second, _ = stream.put("a", "b", "c")
    number = second["SequenceNumber"]
    assert re.fullmatch("[1-9][0-9]{55}", number)
    assert stream.texts() == ["a", "b", "c"]
    assert stream.texts(0, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=number) == ["b", "c"]
    assert stream.texts(0, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=number) == ["c"]
    assert stream.texts(0, "LATEST") == []


def test_records_are_read_from_a_time(aws):
    stream = Stream(aws)
    stream.put("a", "b")
    arrived = stream.read()["Records"][0]["ApproximateArrivalTimestamp"]
    assert stream.texts(0, "AT_TIMESTAMP", Timestamp=arrived)[0] == "a"
    assert stream.texts(0, "AT_TIMESTAMP", Timestamp=arrived.timestamp() + 3600) == []


def test_an_iterator_continues_where_the_last_one_ended(aws):
    stream = Stream(aws)
    iterator = stream.read()["NextShardIterator"]
    stream.put("a")
    assert [r["Data"] for r in stream.client.get_records(ShardIterator=iterator)["Records"]] == [b"a"]


def test_a_split_shard_keeps_its_records_and_its_children_get_the_new_ones(aws):
    stream = Stream(aws)
    stream.put("before")
    stream.split()
    stream.put("low", ExplicitHashKey="0")
    stream.put("high", ExplicitHashKey=MIDDLE)
    assert [stream.texts(n) for n in range(3)] == [["before"], ["low"], ["high"]]


def test_a_closed_shard_is_listed_with_the_end_of_its_range(aws):
    stream = Stream(aws)
    stream.split()
    parent, low, high = stream.shards()
    assert int(parent["SequenceNumberRange"]["EndingSequenceNumber"]) < int(
        low["SequenceNumberRange"]["StartingSequenceNumber"]
    )
    assert low["ParentShardId"] == high["ParentShardId"] == parent["ShardId"]
    assert low["HashKeyRange"]["EndingHashKey"] == str(2**127 - 1)
    summary = stream.client.describe_stream_summary(StreamName=stream.name)["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 2


def test_the_end_of_a_closed_shard_names_its_children(aws):
    stream = Stream(aws)
    stream.put("a")
    stream.split()
    end = stream.read()
    assert "NextShardIterator" not in end
    assert [child["ShardId"][-1] for child in end["ChildShards"]] == ["1", "2"]


def test_merged_shards_have_one_child_with_both_parents(aws):
    stream = Stream(aws, shards=2)
    stream.merge(0, 1)
    (child,) = stream.open_shards()
    assert (child["ParentShardId"][-1], child["AdjacentParentShardId"][-1]) == ("0", "1")
    assert child["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(2**128 - 1)}


def test_shards_that_are_not_adjacent_are_not_merged(aws):
    stream = Stream(aws, shards=3)
    with pytest.raises(ClientError, match=r"InvalidArgumentException.*not adjacent"):
        stream.merge(0, 2)


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 3), (4, 3), (4, 2), (3, 5)])
def test_a_new_shard_count_gives_shards_of_one_size(aws, before, after):
    stream = Stream(aws, shards=before)
    stream.client.update_shard_count(StreamName=stream.name, TargetShardCount=after, ScalingType="UNIFORM_SCALING")
    starts = sorted(int(shard["HashKeyRange"]["StartingHashKey"]) for shard in stream.open_shards())
    assert starts == [number * (2**128 // after) for number in range(after)]


def test_a_shard_count_changes_at_most_by_a_factor_of_two(aws):
    stream = Stream(aws)
    with pytest.raises(ClientError, match="LimitExceededException"):
        stream.client.update_shard_count(StreamName=stream.name, TargetShardCount=3, ScalingType="UNIFORM_SCALING")


def test_a_closed_shard_is_not_split_again(aws):
    stream = Stream(aws)
    stream.split()
    with pytest.raises(ClientError, match=r"InvalidArgumentException.*closed"):
        stream.split()


def test_reads_are_limited_to_five_calls_a_second(aws):
    stream = Stream(aws)
    iterator = stream.read()["NextShardIterator"]
    client = stream.without_retries()
    with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
        deque((client.get_records(ShardIterator=iterator) for _ in range(100)), maxlen=0)


def test_a_name_and_an_arn_of_two_streams_are_refused(aws):
    one, other = Stream(aws), Stream(aws)
    arn = one.client.describe_stream_summary(StreamName=one.name)["StreamDescriptionSummary"]["StreamARN"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        one.client.put_record(StreamName=other.name, StreamARN=arn, Data=b"x", PartitionKey="k")


def test_a_user_who_may_read_one_stream_reads_only_that_one(aws):
    allowed, other = Stream(aws), Stream(aws)
    allowed.put("a")
    client = User(aws, policy(statement("kinesis:Get*", allowed.arn))).client("kinesis")
    position = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = client.get_shard_iterator(StreamName=allowed.name, **position)["ShardIterator"]
    assert len(client.get_records(ShardIterator=iterator)["Records"]) == 1
    foreign = other.client.get_shard_iterator(StreamName=other.name, **position)["ShardIterator"]
    assert refused(client.get_records, ShardIterator=foreign)
    with pytest.raises(ClientError, match="InvalidArgumentException"):
        client.get_records(ShardIterator=foreign, StreamARN=allowed.arn)
