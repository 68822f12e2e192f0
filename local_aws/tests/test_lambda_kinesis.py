"""A Kinesis stream as a function's event source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html.

The consumer is that of DynamoDB streams, whose tests are in test_lambda_streams.
"""

import base64
import json
import uuid

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import EmbeddedAws
from local_aws.tests.kinesis_streams import READING, Reader, Stream
from local_aws.tests.lambda_functions import create


def test_the_function_gets_a_record_with_its_metadata(aws):
    stream = Stream(aws)
    (put,) = stream.put("a", key="key")
    reader = Reader(aws, stream, whole=True)
    (record,) = reader.message()["records"]
    role = aws.client("iam").get_role(RoleName=reader.function.role)["Role"]["Arn"]
    assert (
        record.pop("kinesis").items()
        >= {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "key",
            "sequenceNumber": put["SequenceNumber"],
            "data": base64.b64encode(b"a").decode(),
        }.items()
    )
    assert record == {
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{put['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role,
        "awsRegion": "us-east-1",
        "eventSourceARN": stream.arn,
    }


def test_children_are_read_after_their_parent_is_processed(aws):
    stream = Stream(aws)
    stream.put("a", "crash once", "c")
    stream.split()
    stream.put("d", ExplicitHashKey="0")
    reader = Reader(aws, stream, BatchSize=2)
    assert [reader.batch() for _ in range(4)] == [["a", "crash once"], ["a", "crash once"], ["c"], ["d"]]
    stream.merge(1, 2)
    stream.put("e")
    assert reader.batch() == ["e"]


def test_a_mapping_starts_at_its_position(aws):
    stream = Stream(aws)
    stream.put("before")
    arrived = stream.read()["Records"][0]["ApproximateArrivalTimestamp"].timestamp()
    latest = Reader(aws, stream, StartingPosition="LATEST")
    later = Reader(aws, stream, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=arrived + 0.001)
    all_ = Reader(aws, stream, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=arrived)
    described = aws.client("lambda").get_event_source_mapping(UUID=later.uuid)
    assert described["StartingPositionTimestamp"].timestamp() == pytest.approx(arrived + 0.001, abs=1e-3)
    stream.put("after")
    assert latest.batch() == later.batch() == ["after"]
    assert all_.batch() == ["before"]


def test_only_records_from_the_first_failure_on_are_delivered_again(aws):
    stream = Stream(aws)
    stream.put("a", "fail", "c")
    reader = Reader(aws, stream, MaximumRetryAttempts=1)
    assert [reader.batch(), reader.batch()] == [["a", "fail", "c"], ["fail", "c"]]
    stream.put("d")
    assert reader.batch() == ["d"]


def test_discarded_records_are_reported_to_a_queue(aws):
    sqs, stream = aws.client("sqs"), Stream(aws)
    url = sqs.create_queue(QueueName=f"failed-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    good, bad = stream.put("good", "crash")
    reader = Reader(
        aws,
        stream,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    assert [reader.batch() for _ in range(3)] == [["good", "crash"], ["good"], ["crash"]]
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=15)["Messages"]
    document = json.loads(message["Body"])
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    batch = document["KinesisBatchInfo"]
    assert (
        batch.items()
        >= {
            "shardId": "shardId-000000000000",
            "startSequenceNumber": bad["SequenceNumber"],
            "endSequenceNumber": bad["SequenceNumber"],
            "batchSize": 1,
            "streamArn": stream.arn,
        }.items()
    )
    assert good["SequenceNumber"] < bad["SequenceNumber"]


def test_filters_see_the_decoded_data(aws):
    stream = Stream(aws)
    patterns = [{"data": {"level": ["high"]}}, {"partitionKey": ["urgent"]}]
    reader = Reader(aws, stream, FilterCriteria={"Filters": [{"Pattern": json.dumps(p)} for p in patterns]})
    stream.put('{"level": "low"}', "no JSON", '{"level": "high"}')
    assert reader.batch() == ['{"level": "high"}']
    stream.put("no JSON", key="urgent")
    assert reader.batch() == ["no JSON"]


def test_records_of_parallel_lanes_are_all_processed_before_a_child(aws):
    stream = Stream(aws)
    for number in range(6):
        stream.put(str(number), key=f"key-{number}")
    stream.split()
    stream.put("child")
    reader = Reader(aws, stream, ParallelizationFactor=3, BatchSize=1)
    texts = [text for _ in range(7) for text in reader.batch()]
    assert sorted(texts[:-1]) == [str(number) for number in range(6)]
    assert texts[-1] == "child"


@pytest.mark.parametrize(
    "settings",
    [
        {"StartingPosition": "AT_TIMESTAMP"},
        {"StartingPosition": "LATEST", "StartingPositionTimestamp": 1},
        {"StartingPosition": "AT_SEQUENCE_NUMBER"},
        {"StartingPosition": "LATEST", "TumblingWindowInSeconds": 10},
        {"StartingPosition": "LATEST", "ParallelizationFactor": 11},
        {},
    ],
)
def test_invalid_settings_are_refused(aws, settings):
    stream = Stream(aws)
    function = create(aws, "def handler(event, context): pass")
    function.allow({"Action": READING, "Resource": "*"})
    with pytest.raises(ClientError, match=r"(InvalidParameterValue|Validation)Exception"):
        aws.client("lambda").create_event_source_mapping(
            EventSourceArn=stream.arn, FunctionName=function.name, **settings
        )


def test_a_role_that_may_not_read_the_stream_is_refused(aws):
    stream = Stream(aws)
    function = create(aws, "def handler(event, context): pass")
    function.allow({"Action": READING[:-1], "Resource": stream.arn})
    with pytest.raises(ClientError, match=r"Cannot access stream .*, and ListShards Actions"):
        aws.client("lambda").create_event_source_mapping(
            EventSourceArn=stream.arn, FunctionName=function.name, StartingPosition="LATEST"
        )


def test_streams_and_positions_survive_a_restart(tmp_path):
    server = EmbeddedAws(tmp_path / "state").start()
    try:
        stream = Stream(server)
        stream.put("a")
        reader = Reader(server, stream)
        assert reader.batch() == ["a"]
        server.client("lambda").update_event_source_mapping(UUID=reader.uuid, Enabled=False)
        (before,) = stream.put("b")
        stream.split()
        server.restart()
        server.client("lambda").update_event_source_mapping(UUID=reader.uuid, Enabled=True)
        (after,) = stream.put("c")
        assert [reader.batch(), reader.batch()] == [["b"], ["c"]]
        assert int(after["SequenceNumber"]) > int(before["SequenceNumber"])
    finally:
        server.stop()
