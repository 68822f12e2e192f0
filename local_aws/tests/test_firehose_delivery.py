"""Delivery to S3 by Amazon Data Firehose, through a running server."""

import contextlib
import json
import re
import uuid

import duckdb
import pytest
from botocore.exceptions import ClientError, WaiterError

from local_aws.testing import wait_until
from local_aws.tests.delivery_streams import ALL, TRUST, DeliveryStream, function, processing, role

NAME = r"d-\w+-1-\d{4}(-\d\d){5}-[0-9a-f-]{36}"


@pytest.fixture(scope="module")
def transform(aws):
    """The ARN of the transformation function."""
    return function(aws)


def test_records_are_collected_into_one_object_with_the_name_of_aws(aws):
    stream = DeliveryStream(aws).create(Prefix="logs/")
    stream.put({"n": 1}, {"n": 2})
    (key,) = wait_until(stream.object_keys, "an object")
    assert re.fullmatch(rf"logs/\d{{4}}/\d\d/\d\d/\d\d/{NAME}", key)
    assert stream.read(key) == b'{"n": 1}{"n": 2}'


def test_a_function_transforms_drops_and_partitions_records(aws, transform):
    stream = DeliveryStream(aws)
    stream.create(**stream.partitioned(transform))
    stream.put({"n": 1, "day": "a"}, {"n": 2, "day": "b"}, {"n": 3, "say": "drop"}, {"n": 4, "day": "a"})
    assert sorted(record["n"] for record in stream.delivered(3)) == [1, 2, 4]
    assert [record["n"] for record in stream.delivered(2, "data/day=a/")] == [1, 4]
    assert all(re.fullmatch(rf"data/day=[ab]/{NAME}", key) for key in stream.object_keys())


def test_a_record_that_fails_does_not_fail_the_others_of_its_batch(aws, transform):
    stream = DeliveryStream(aws)
    stream.create(**stream.partitioned(transform))
    stream.put({"n": 1}, {"n": 2, "say": "fail"}, {"n": 3, "say": "forget"}, {"n": 4, "say": "no key"}, {"n": 5})
    failures = {one["record"]["n"]: one for one in stream.failures(3)}
    assert {number: one["errorCode"] for number, one in failures.items()} == {
        2: "Lambda.ProcessingFailedStatus",
        3: "Lambda.MissingRecordId",
        4: "DynamicPartitioning.MetadataExtractionFailed",
    }
    document = failures[2]
    assert document["attemptsMade"] == 1
    assert document["lambdaArn"] == transform
    assert document["arrivalTimestamp"] <= document["attemptEndingTimestamp"]
    assert sorted(record["n"] for record in stream.delivered(2)) == [1, 5]


def test_a_failed_invocation_is_repeated_and_then_the_batch_fails(aws, transform):
    stream = DeliveryStream(aws)
    stream.create(**stream.partitioned(transform, ProcessingConfiguration=processing(transform, NumberOfRetries=2)))
    stream.put({"n": 1}, {"n": 2, "say": "crash"})
    failures = stream.failures(2)
    assert [one["record"]["n"] for one in failures] == [1, 2]
    assert {(one["attemptsMade"], one["errorCode"]) for one in failures} == {(3, "Lambda.FunctionError")}


def test_records_become_parquet_with_the_columns_of_the_glue_table(aws, transform, tmp_path):
    stream = DeliveryStream(aws)
    stream.create(**stream.partitioned(transform, DataFormatConversionConfiguration=stream.conversion()))
    good = {"name": "a", "value": 1.5, "time": "2026-11-27 17:00:00.250", "other": True}
    stream.put(good, {"name": "b", "value": "high"}, {"name": "c"})
    (key,) = wait_until(lambda: stream.object_keys("data/"), "a Parquet file")
    assert re.fullmatch(rf"data/day=none/{NAME}\.parquet", key)
    file = tmp_path / "read.parquet"
    file.write_bytes(stream.read(key))
    rows = duckdb.sql(f"SELECT name, value, CAST(time AS VARCHAR) FROM '{file}'").fetchall()
    assert rows == [("a", 1.5, "2026-11-27 17:00:00.25"), ("c", None, None)]
    (failure,) = stream.failures(1, "format-conversion-failed")
    assert failure["record"] == {"name": "b", "value": "high"}
    assert failure["ErrorCode"] == "DataFormatConversion.MalformedData"
    assert failure["dataCatalogTable"]["tableName"] == "records"


def test_events_of_the_bucket_announce_the_objects(aws):
    stream, sqs = DeliveryStream(aws), aws.client("sqs")
    policy = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    queue = sqs.create_queue(QueueName=stream.name, Attributes={"Policy": json.dumps({"Statement": [policy]})})[
        "QueueUrl"
    ]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    configuration = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    aws.client("s3").put_bucket_notification_configuration(Bucket=stream.name, NotificationConfiguration=configuration)
    stream.create()
    stream.put({"n": 1})

    def event():
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            # The first message is S3's test event.
            for record in json.loads(message["Body"]).get("Records", []):
                return record
        return None

    assert wait_until(event, "an event")["s3"]["object"]["key"] in stream.object_keys()


def test_the_role_needs_permission_to_write_and_to_invoke(aws, transform):
    stream = DeliveryStream(aws, allowed=["s3:PutObject", "kinesis:*"])
    stream.create(**stream.partitioned(transform, ProcessingConfiguration=processing(transform, NumberOfRetries=0)))
    stream.put({"n": 1})
    assert [one["errorCode"] for one in stream.failures(1)] == ["Lambda.InvokeAccessDenied"]

    unwritable = DeliveryStream(aws, allowed=["lambda:InvokeFunction", "kinesis:*"])
    unwritable.create()
    unwritable.put({"n": 1})
    wait_until(lambda: f"{unwritable.name}: " in aws.server_log.read_text(), "the refusal in the log")
    assert unwritable.object_keys() == []
    # The records wait for the permission.
    policy = {"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
    aws.client("iam").put_role_policy(RoleName=unwritable.name, PolicyName="late", PolicyDocument=json.dumps(policy))
    assert wait_until(unwritable.object_keys, "the object")


def test_a_role_that_does_not_trust_firehose_is_refused(aws):
    stream = DeliveryStream(aws)
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "*"}]}
    other = role(aws, f"r-{uuid.uuid4().hex[:12]}", ["s3:*"], trust)
    with pytest.raises(ClientError, match=r"InvalidArgumentException.*unable to assume role"):
        stream.create(RoleARN=other)


@pytest.mark.parametrize(("external_id", "is_accepted"), [("000000000000", True), ("111122223333", False)])
def test_firehose_names_its_account_as_the_external_id(aws, external_id, is_accepted):
    stream = DeliveryStream(aws)
    trust = json.loads(json.dumps(TRUST))
    trust["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    stream.role = role(aws, f"r-{uuid.uuid4().hex[:12]}", ALL, trust)
    refusal = pytest.raises(ClientError, match=r"InvalidArgumentException.*unable to assume role")
    with contextlib.nullcontext() if is_accepted else refusal:
        stream.create()


def test_a_template_creates_updates_and_deletes_a_delivery_stream(aws):
    stream = DeliveryStream(aws)
    cloudformation = aws.client("cloudformation")

    def template(**settings):
        properties = {
            "DeliveryStreamName": stream.name,
            "ExtendedS3DestinationConfiguration": stream.destination(**settings),
            **stream.source,
        }
        resource = {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": properties}
        return json.dumps({"Resources": {"Stream": resource}})

    cloudformation.create_stack(StackName=stream.name, TemplateBody=template(Prefix="one/"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stream.name, WaiterConfig={"Delay": 1})
    cloudformation.update_stack(StackName=stream.name, TemplateBody=template(Prefix="two/"))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stream.name, WaiterConfig={"Delay": 1})
    stream.put({"n": 1})
    (key,) = wait_until(stream.object_keys, "an object")
    # Each change of the configuration is a version.
    assert key.startswith("two/")
    assert f"/{stream.name}-2-" in key
    cloudformation.update_stack(StackName=stream.name, TemplateBody=template(CompressionFormat="GZIP"))
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_update_complete").wait(StackName=stream.name, WaiterConfig={"Delay": 1})
    cloudformation.delete_stack(StackName=stream.name)
    wait_until(lambda: stream.name not in stream.firehose.list_delivery_streams(Limit=1000)["DeliveryStreamNames"])
