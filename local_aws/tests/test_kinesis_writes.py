"""The limits of writes: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html."""

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.kinesis_streams import MIDDLE, Stream

MEBIBYTE = 1024 * 1024


def put(stream, *records):
    return stream.client.put_records(StreamName=stream.name, Records=list(records))


def test_records_above_a_shards_throughput_fail_alone(aws):
    stream = Stream(aws, shards=2)
    big = {"Data": b"x" * (MEBIBYTE - 100), "PartitionKey": "k", "ExplicitHashKey": "0"}
    small = {"Data": b"y", "PartitionKey": "k", "ExplicitHashKey": MIDDLE}
    answer = put(stream, big, big, small)
    assert answer["FailedRecordCount"] == 1
    first, second, third = answer["Records"]
    assert (first["ShardId"][-1], third["ShardId"][-1]) == ("0", "1")
    assert second["ErrorCode"] == "ProvisionedThroughputExceededException"
    assert f"shard shardId-000000000000 in stream {stream.name}" in second["ErrorMessage"]
    assert "SequenceNumber" not in second
    assert len(stream.texts(0)) == 1
    with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
        stream.without_retries().put_record(StreamName=stream.name, **big)


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([{"Data": b"x", "PartitionKey": "k"}] * 501, "ValidationException.*records"),
        ([{"Data": b"x" * MEBIBYTE, "PartitionKey": "k"}], "InvalidArgumentException.*bytes"),
        ([{"Data": b"x" * (MEBIBYTE - 1), "PartitionKey": "k"}] * 11, "InvalidArgumentException.*bytes"),
        ([{"Data": b"x", "PartitionKey": "k" * 257}], "ValidationException.*partitionKey"),
        ([{"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": str(2**128)}], "InvalidArgumentException.*HashKey"),
    ],
)
def test_a_call_above_a_limit_writes_nothing(aws, records, said):
    stream = Stream(aws)
    with pytest.raises(ClientError, match=said):
        put(stream, {"Data": b"good", "PartitionKey": "k"}, *records)
    assert stream.texts() == []
