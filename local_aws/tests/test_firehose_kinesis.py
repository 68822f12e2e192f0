"""A Kinesis stream as the source of a delivery stream, and what survives the end of the server."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import EmbeddedAws, wait_until
from local_aws.tests.delivery_streams import DeliveryStream, function, processing


def numbers(records) -> list[int]:
    return sorted(record["n"] for record in records)


def test_a_kinesis_stream_is_read_from_now_on_and_through_a_resharding(aws):
    stream = DeliveryStream(aws, shards=2)
    stream.put({"n": -1})
    stream.create(**stream.partitioned(function(aws)))
    stream.put({"n": 1}, {"n": 2})
    stream.kinesis.update_shard_count(StreamName=stream.name, TargetShardCount=1, ScalingType="UNIFORM_SCALING")
    wait_until(lambda: stream.stream["StreamStatus"] == "ACTIVE", "the resharding")
    stream.put({"n": 3}, {"n": 4})
    assert numbers(stream.delivered(4)) == [1, 2, 3, 4]


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
    stream.create(**stream.partitioned(function(aws, code)))
    stream.put({"n": 1})
    (seen,) = stream.delivered(1)
    metadata = seen["record"]["kinesisRecordMetadata"]
    assert seen["source"] == stream.stream["StreamARN"]
    assert metadata["shardId"] == "shardId-000000000000"
    assert metadata["partitionKey"] == "0"
    assert metadata["sequenceNumber"] in seen["record"]["recordId"]


def test_a_role_that_may_not_read_the_stream_gets_nothing(aws):
    stream = DeliveryStream(aws, allowed=["s3:PutObject", "kinesis:DescribeStream"])
    stream.create()
    stream.put({"n": 1})
    refusal = f"{stream.name}/service is not authorized to perform: kinesis:GetShardIterator"
    wait_until(lambda: refusal in aws.server_log.read_text(), "the refusal in the log")
    assert stream.object_keys() == []


def test_a_source_that_does_not_exist_is_refused(aws):
    stream = DeliveryStream(aws)
    stream.kinesis.delete_stream(StreamName=stream.name)
    arn = f"arn:aws:kinesis:us-east-1:000000000000:stream/{stream.name}"
    with pytest.raises(ClientError, match="does not exist"):
        stream.firehose.create_delivery_stream(
            DeliveryStreamName=stream.name,
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": stream.role},
            ExtendedS3DestinationConfiguration=stream.destination(),
        )


def test_each_record_is_delivered_or_an_error_document_while_the_function_fails_at_random(aws, inject):
    stream = DeliveryStream(aws)
    transform = function(aws)
    once = processing(transform, NumberOfRetries=0, BufferSizeInMBs=0.2)
    stream.create(**stream.partitioned(transform, ProcessingConfiguration=once))
    inject(function=transform.rpartition(":")[2], action="fail", rate=0.5)
    padding = "x" * 1000
    for first in range(0, 900, 100):
        stream.put(*({"n": first + number, "padding": padding} for number in range(100)))
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
        stream, transform = DeliveryStream(server), function(server)
        stream.create(**stream.partitioned(transform))
        stream.put({"n": 1}, {"n": 2}, {"n": 3, "say": "drop"})
        log, group = server.client("logs"), f"/aws/lambda/{transform.rpartition(':')[2]}"
        wait_until(lambda: _invocations(log, group), "the batch is transformed")
        server.restart()
        stream.put({"n": 4})
        server.wait_until_saved()
        server.kill()
        server.arguments = ("--firehose-time-scale", "0.01")
        server.start()
        assert numbers(stream.delivered(3)) == [1, 2, 4]
        # A delivery stream begins when the roles and functions that it needs are loaded too.
        assert "unable to assume" not in server.log_file.read_text()
    finally:
        server.stop()


def _invocations(log, group: str) -> list[str]:
    if not log.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    events = log.filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events if event["message"].startswith("START")]
