"""A Kinesis stream as the source of a delivery stream, and what survives the end of the server."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import EmbeddedAws, wait_until
from local_aws.tests.delivery_streams import DeliveryStream, function, processing


class Source:
    """A Kinesis stream of a test's own, with as many shards."""

    def __init__(self, aws: EmbeddedAws, name: str, shards: int = 1) -> None:
        self.aws, self.name = aws, name
        aws.client("kinesis").create_stream(StreamName=name, ShardCount=shards)
        aws.client("kinesis").get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})

    @property
    def arn(self) -> str:
        return self.aws.client("kinesis").describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"][
            "StreamARN"
        ]

    def put(self, *records) -> None:
        entries = [{"Data": json.dumps(record).encode(), "PartitionKey": str(n)} for n, record in enumerate(records)]
        answer = self.aws.client("kinesis").put_records(StreamName=self.name, Records=entries)
        assert answer["FailedRecordCount"] == 0


def numbers(records) -> list[int]:
    return sorted(record["n"] for record in records)


def test_a_kinesis_stream_is_read_from_now_on_and_through_a_resharding(aws):
    stream = DeliveryStream(aws)
    source = Source(aws, stream.name, shards=2)
    source.put({"n": -1})
    stream.create(source.arn, **stream.partitioned(function(aws)))
    source.put({"n": 1}, {"n": 2})
    aws.client("kinesis").update_shard_count(StreamName=source.name, TargetShardCount=1, ScalingType="UNIFORM_SCALING")
    wait_until(lambda: _status(source) == "ACTIVE", "the resharding")
    source.put({"n": 3}, {"n": 4})
    assert numbers(stream.delivered(4)) == [1, 2, 3, 4]


def _status(source: Source) -> str:
    return source.aws.client("kinesis").describe_stream_summary(StreamName=source.name)["StreamDescriptionSummary"][
        "StreamStatus"
    ]


def test_the_function_sees_where_a_record_comes_from(aws):
    code = """
        import base64, json
        def handler(event, context):
            def answer(record):
                data = {"record": record, "source": event["sourceKinesisStreamArn"]}
                encoded = base64.b64encode(json.dumps(data).encode() + b"\\n").decode()
                keys = {"partitionKeys": {"day": "a"}}
                return {"recordId": record["recordId"], "result": "Ok", "data": encoded, "metadata": keys}
            return {"records": [answer(record) for record in event["records"]]}
        """
    stream = DeliveryStream(aws)
    source = Source(aws, stream.name)
    stream.create(source.arn, **stream.partitioned(function(aws, code)))
    source.put({"n": 1})
    (seen,) = stream.delivered(1)
    metadata = seen["record"]["kinesisRecordMetadata"]
    assert seen["source"] == source.arn
    assert metadata["shardId"] == "shardId-000000000000"
    assert metadata["partitionKey"] == "0"
    assert metadata["sequenceNumber"] in seen["record"]["recordId"]


def test_a_role_that_may_not_read_the_stream_gets_nothing(aws):
    stream = DeliveryStream(aws, allowed=["s3:PutObject", "kinesis:DescribeStream"])
    source = Source(aws, stream.name)
    stream.create(source.arn)
    source.put({"n": 1})
    refusal = f"{stream.name}/service is not authorized to perform: kinesis:GetShardIterator"
    wait_until(lambda: refusal in aws.server_log.read_text(), "the refusal in the log")
    assert stream.object_keys() == []


def test_records_cannot_be_put_into_a_delivery_stream_with_a_source(aws):
    stream = DeliveryStream(aws)
    stream.create(Source(aws, stream.name).arn)
    with pytest.raises(ClientError, match="not permitted on KinesisStreamAsSource"):
        stream.put({"n": 1})
    other = DeliveryStream(aws)
    with pytest.raises(ClientError, match="does not exist"):
        other.create(stream_arn="arn:aws:kinesis:us-east-1:000000000000:stream/none")


def test_each_record_is_delivered_or_an_error_document_while_the_function_fails_at_random(aws, inject):
    stream = DeliveryStream(aws)
    source, transform = Source(aws, stream.name), function(aws)
    once = processing(transform, NumberOfRetries=0, BufferSizeInMBs=0.2)
    stream.create(source.arn, **stream.partitioned(transform, ProcessingConfiguration=once))
    inject(function=transform.rpartition(":")[2], action="fail", rate=0.5)
    padding = "x" * 1000
    for first in range(0, 900, 100):
        source.put(*({"n": first + number, "padding": padding} for number in range(100)))
    found = wait_until(lambda: _outcomes(stream), "all records", lambda found: len(found) >= 900)
    assert sorted(found) == list(range(900))


def _outcomes(stream: DeliveryStream) -> list[int]:
    failed = stream.records("errors/processing-failed/")
    return [one["n"] for one in stream.records("data/")] + [
        json.loads(base64.b64decode(one["rawData"]))["n"] for one in failed
    ]


def test_nothing_is_lost_by_a_stop_or_a_kill(tmp_path):
    """The first server has buffers that are never due; the second one delivers at once."""
    server = EmbeddedAws(tmp_path, arguments=("--firehose-time-scale", "1000", "--save-seconds", "0.2")).start()
    try:
        direct, from_kinesis = DeliveryStream(server), DeliveryStream(server)
        source = Source(server, from_kinesis.name)
        transform = function(server)
        direct.create(**direct.partitioned(transform))
        from_kinesis.create(source.arn, **from_kinesis.partitioned(transform))
        direct.put({"n": 1}, {"n": 2})
        source.put({"n": 1}, {"n": 2}, {"n": 3, "say": "drop"})
        log = server.client("logs")
        group = f"/aws/lambda/{transform.rpartition(':')[2]}"
        wait_until(lambda: len(_invocations(log, group)) == 2, "both batches are transformed")
        server.restart()
        source.put({"n": 4})
        server.wait_until_saved()
        server.kill()
        server.arguments = ("--firehose-time-scale", "0.01")
        server.start()
        assert numbers(direct.delivered(2)) == [1, 2]
        assert numbers(from_kinesis.delivered(3)) == [1, 2, 4]
    finally:
        server.stop()


def _invocations(log, group: str) -> list[str]:
    if not log.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    events = log.filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events if event["message"].startswith("START")]
