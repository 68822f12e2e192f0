"""S3's notifications: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html."""

import json
import re

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from local_aws.tests.lambda_functions import create
from local_aws.tests.mail import Topic, let_send, policy_for, queue_arn, unique
from local_aws.tests.test_sns_deliveries import FAILS, PRINTS, DeadLetters, events

S3 = "s3.amazonaws.com"
CREATED, REMOVED = "s3:ObjectCreated:*", "s3:ObjectRemoved:*"


class Bucket:
    def __init__(self, aws):
        self.aws, self.s3, self.name = aws, aws.client("s3"), unique("bucket-")
        self.s3.create_bucket(Bucket=self.name)
        self.arn = f"arn:aws:s3:::{self.name}"

    def put(self, key, body=b"content"):
        return self.s3.put_object(Bucket=self.name, Key=key, Body=body)

    def notify(self, **configurations):
        self.s3.put_bucket_notification_configuration(Bucket=self.name, NotificationConfiguration=configurations)


class Queue:
    """A queue that S3 may send to."""

    def __init__(self, aws, let=True):
        self.sqs = aws.client("sqs")
        self.url = self.sqs.create_queue(QueueName=unique("q"))["QueueUrl"]
        self.arn = queue_arn(self.sqs, self.url)
        if let:
            let_send(self.sqs, self.url, self.arn, S3)

    def configuration(self, *event_types, **rules):
        return {"QueueArn": self.arn, "Events": list(event_types or (CREATED,)), **filtered(rules)}

    def take(self, count):
        """So many records, in the order of their sequencers."""
        records = []

        def enough():
            got = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in got.get("Messages", ()):
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                records.extend(json.loads(message["Body"]).get("Records", ()))
            return len(records) >= count

        wait_until(enough, f"{count} records")
        assert len(records) == count, records
        return sorted(records, key=lambda record: record["s3"]["object"]["sequencer"])


def filtered(rules):
    found = [{"Name": name, "Value": value} for name, value in rules.items()]
    return {"Filter": {"Key": {"FilterRules": found}}} if found else {}


def function_arn(function):
    return function.aws.client("lambda").get_function(FunctionName=function.name)["Configuration"]["FunctionArn"]


def let_invoke(function, bucket_arn):
    function.aws.client("lambda").add_permission(
        FunctionName=function.name,
        StatementId=unique(),
        Action="lambda:InvokeFunction",
        Principal=S3,
        SourceArn=bucket_arn,
        SourceAccount="000000000000",
    )


def connect(bucket, function, *event_types, **rules):
    let_invoke(function, bucket.arn)
    configuration = {"LambdaFunctionArn": function_arn(function), "Events": list(event_types or (CREATED,))}
    bucket.notify(LambdaFunctionConfigurations=[{**configuration, **filtered(rules)}])


def test_the_record_of_an_event(aws):
    bucket, queue = Bucket(aws), Queue(aws)
    bucket.notify(QueueConfigurations=[{"Id": "photos", **queue.configuration()}])
    response = bucket.put("a photo+1 ü%.jpg", b"12345")
    (record,) = queue.take(1)
    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert record["awsRegion"] == "us-east-1"
    assert re.fullmatch(r"2\.\d+", record["eventVersion"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["eventTime"])
    assert {"principalId"} == set(record["userIdentity"])
    assert {"sourceIPAddress"} == set(record["requestParameters"])
    assert {"x-amz-request-id", "x-amz-id-2"} == set(record["responseElements"])
    entity = record["s3"]
    assert (entity["s3SchemaVersion"], entity["configurationId"]) == ("1.0", "photos")
    assert (entity["bucket"]["name"], entity["bucket"]["arn"]) == (bucket.name, bucket.arn)
    assert entity["object"]["key"] == "a+photo%2B1+%C3%BC%25.jpg"
    assert (entity["object"]["size"], entity["object"]["eTag"]) == (5, response["ETag"].strip('"'))
    assert re.fullmatch(r"[0-9A-F]+", entity["object"]["sequencer"])


def test_each_way_to_create_and_delete_an_object_sends_its_event(aws):
    bucket, queue = Bucket(aws), Queue(aws)
    bucket.notify(QueueConfigurations=[queue.configuration(CREATED, REMOVED)])
    bucket.put("a")
    bucket.s3.copy_object(Bucket=bucket.name, Key="b", CopySource={"Bucket": bucket.name, "Key": "a"})
    upload = bucket.s3.create_multipart_upload(Bucket=bucket.name, Key="c")["UploadId"]
    named = {"Bucket": bucket.name, "Key": "c", "UploadId": upload}
    part = bucket.s3.upload_part(**named, PartNumber=1, Body=b"c")["ETag"]
    bucket.s3.complete_multipart_upload(**named, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    bucket.s3.delete_object(Bucket=bucket.name, Key="a")
    bucket.s3.delete_objects(Bucket=bucket.name, Delete={"Objects": [{"Key": "b"}, {"Key": "c"}]})
    records = queue.take(6)
    assert [(record["eventName"], record["s3"]["object"]["key"]) for record in records] == [
        ("ObjectCreated:Put", "a"),
        ("ObjectCreated:Copy", "b"),
        ("ObjectCreated:CompleteMultipartUpload", "c"),
        ("ObjectRemoved:Delete", "a"),
        ("ObjectRemoved:Delete", "b"),
        ("ObjectRemoved:Delete", "c"),
    ]
    assert set(records[3]["s3"]["object"]) == {"key", "sequencer"}


def test_the_sequencer_of_a_key_increases_with_each_write(aws):
    bucket, queue = Bucket(aws), Queue(aws)
    bucket.notify(QueueConfigurations=[queue.configuration()])
    etags = [bucket.put("same", str(number).encode())["ETag"].strip('"') for number in range(20)]
    records = queue.take(20)
    assert [record["s3"]["object"]["eTag"] for record in records] == etags
    assert len({len(record["s3"]["object"]["sequencer"]) for record in records}) == 1


def test_events_are_filtered_by_prefix_suffix_and_type(aws):
    bucket, queue = Bucket(aws), Queue(aws)
    bucket.notify(QueueConfigurations=[queue.configuration("s3:ObjectCreated:Put", prefix="in put/", suffix=".jpg")])
    for key in ("in put/a.png", "in put/a.jpg", "other/a.jpg", "in put/b.JPG"):
        bucket.put(key)
    bucket.s3.copy_object(
        Bucket=bucket.name, Key="in put/c.jpg", CopySource={"Bucket": bucket.name, "Key": "in put/a.jpg"}
    )
    bucket.put("in put/end.jpg")
    assert [record["s3"]["object"]["key"] for record in queue.take(2)] == ["in+put/a.jpg", "in+put/end.jpg"]


def test_queues_and_topics_get_a_test_event(aws):
    bucket, queue, topic = Bucket(aws), Queue(aws), Topic(aws, S3)
    bucket.notify(
        QueueConfigurations=[queue.configuration(prefix="a")],
        TopicConfigurations=[{"TopicArn": topic.arn, "Events": [CREATED], **filtered({"prefix": "b"})}],
    )
    got = queue.sqs.receive_message(QueueUrl=queue.url, WaitTimeSeconds=10)["Messages"]
    test = json.loads(got[0]["Body"])
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", bucket.name)
    assert {"Time", "RequestId", "HostId"} <= set(test)
    assert topic.take_messages(1)[0]["Event"] == "s3:TestEvent"
    bucket.put("b/1")
    envelope = json.loads(topic.take(1)[0])
    assert envelope["Subject"] == "Amazon S3 Notification"
    assert json.loads(envelope["Message"])["Records"][0]["s3"]["object"]["key"] == "b/1"


def test_a_function_is_invoked_with_the_event(aws):
    bucket, function = Bucket(aws), create(aws, PRINTS)
    connect(bucket, function, prefix="photos/")
    bucket.put("elsewhere")
    bucket.put("photos/1")
    (event,) = wait_until(lambda: events(function), "the function was invoked")
    assert [record["s3"]["object"]["key"] for record in event["Records"]] == ["photos/1"]


def test_a_failing_function_is_tried_again_then_reported(aws):
    bucket, dead, function = Bucket(aws), DeadLetters(aws), create(aws, FAILS)
    function.allow({"Action": "sqs:SendMessage", "Resource": dead.arn})
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName=function.name,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": dead.arn}},
    )
    connect(bucket, function)
    bucket.put("photo")
    record = json.loads(dead.take()["Body"])
    assert record["version"] == "1.0"
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["requestContext"]["functionArn"].endswith(f"{function.name}:$LATEST")
    assert record["requestPayload"]["Records"][0]["s3"]["object"]["key"] == "photo"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert record["responsePayload"]["errorType"] == "KeyError"


WRITES = """
    import boto3
    def handler(event, context):
        entity = event["Records"][0]["s3"]
        key = entity["object"]["key"] + "x"
        boto3.client("s3").put_object(Bucket=entity["bucket"]["name"], Key=key, Body=b"more")
    """


WRITES_FOR_MESSAGES = """
    import boto3, json
    def handler(event, context):
        for message in event["Records"]:
            entity = json.loads(message["body"])["Records"][0]["s3"]
            key = entity["object"]["key"] + "x"
            boto3.client("s3").put_object(Bucket=entity["bucket"]["name"], Key=key, Body=b"more")
    """


def test_a_loop_of_a_function_that_writes_to_its_own_bucket_is_stopped(aws):
    bucket, dead, function = Bucket(aws), DeadLetters(aws), create(aws, WRITES)
    function.allow(
        {"Action": "s3:PutObject", "Resource": f"{bucket.arn}/*"},
        {"Action": "sqs:SendMessage", "Resource": dead.arn},
    )
    aws.client("lambda").update_function_configuration(
        FunctionName=function.name, DeadLetterConfig={"TargetArn": dead.arn}
    )
    connect(bucket, function)
    bucket.put("k")
    message = dead.take()
    assert bucket.s3.list_objects_v2(Bucket=bucket.name)["KeyCount"] == 17
    assert json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"] == "k" + "x" * 16


def test_a_loop_through_a_queue_is_stopped(aws):
    bucket, queue, dead = Bucket(aws), Queue(aws), DeadLetters(aws)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 5})
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"RedrivePolicy": redrive})
    function = create(aws, WRITES_FOR_MESSAGES, Timeout=5)
    function.allow(
        {"Action": "s3:PutObject", "Resource": f"{bucket.arn}/*"},
        {"Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "Resource": queue.arn},
    )
    bucket.notify(QueueConfigurations=[queue.configuration(prefix="k")])
    queue.sqs.receive_message(QueueUrl=queue.url, WaitTimeSeconds=10)
    queue.sqs.purge_queue(QueueUrl=queue.url)
    aws.client("lambda").create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=function.name)
    bucket.put("k")
    assert json.loads(dead.take()["Body"])["Records"][0]["s3"]["object"]["key"] == "k" + "x" * 16
    assert bucket.s3.list_objects_v2(Bucket=bucket.name)["KeyCount"] == 17


def code_of(call, *args, **kwargs):
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return caught.value.response["Error"]["Code"]


def test_a_function_must_let_s3_invoke_it_for_this_bucket(aws):
    bucket, other, function = Bucket(aws), Bucket(aws), create(aws, PRINTS)
    configuration = {"LambdaFunctionArn": function_arn(function), "Events": [CREATED]}
    assert code_of(bucket.notify, LambdaFunctionConfigurations=[configuration]) == "InvalidArgument"
    let_invoke(function, other.arn)
    assert code_of(bucket.notify, LambdaFunctionConfigurations=[configuration]) == "InvalidArgument"
    assert "LambdaFunctionConfigurations" not in bucket.s3.get_bucket_notification_configuration(Bucket=bucket.name)
    let_invoke(function, bucket.arn)
    bucket.notify(LambdaFunctionConfigurations=[configuration])
    missing = {**configuration, "LambdaFunctionArn": f"{function_arn(function)}-missing"}
    assert code_of(bucket.notify, LambdaFunctionConfigurations=[missing]) == "InvalidArgument"


def test_a_topic_must_let_s3_publish(aws):
    bucket, sns = Bucket(aws), aws.client("sns")
    # The policy that every topic has by itself does not.
    topic = sns.create_topic(Name=unique("t"))["TopicArn"]
    configuration = {"TopicArn": topic, "Events": [CREATED]}
    assert code_of(bucket.notify, TopicConfigurations=[configuration]) == "InvalidArgument"
    other = policy_for(topic, S3, **{"aws:SourceAccount": "111111111111"})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=other)
    assert code_of(bucket.notify, TopicConfigurations=[configuration]) == "InvalidArgument"
    own = policy_for(topic, S3, **{"aws:SourceAccount": "000000000000"})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=own)
    bucket.notify(TopicConfigurations=[configuration])


def test_a_queue_must_let_s3_send(aws):
    bucket = Bucket(aws)
    assert code_of(bucket.notify, QueueConfigurations=[Queue(aws, let=False).configuration()]) == "InvalidArgument"


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        (([CREATED], {}), ([CREATED], {}), False),
        (([CREATED], {}), (["s3:ObjectCreated:Put"], {}), False),
        (([CREATED], {"prefix": "a"}), ([CREATED], {"prefix": "ab"}), False),
        (([CREATED], {"prefix": "a"}), ([CREATED], {"suffix": "b"}), False),
        (([CREATED], {"prefix": "a/"}), ([CREATED], {"prefix": "b/"}), True),
        (([CREATED], {"suffix": ".jpg"}), ([CREATED], {"suffix": ".png"}), True),
        (([CREATED], {"prefix": "a", "suffix": ".jpg"}), ([CREATED], {"prefix": "a", "suffix": ".png"}), True),
        (([CREATED], {}), ([REMOVED], {}), True),
        ((["s3:ObjectCreated:Put"], {}), (["s3:ObjectCreated:Copy"], {}), True),
    ],
)
def test_configurations_of_a_bucket_do_not_overlap(aws, first, second, taken):
    bucket, queue = Bucket(aws), Queue(aws)
    configurations = [queue.configuration(*event_types, **rules) for event_types, rules in (first, second)]
    if taken:
        bucket.notify(QueueConfigurations=configurations)
    else:
        assert code_of(bucket.notify, QueueConfigurations=configurations) == "InvalidArgument"


@pytest.mark.parametrize("event_type", ["s3:ObjectCreated", "s3:ObjectCreated:Move", "s3:Everything:*", "created"])
def test_unknown_event_types_are_refused(aws, event_type):
    bucket, queue = Bucket(aws), Queue(aws)
    assert code_of(bucket.notify, QueueConfigurations=[queue.configuration(event_type)]) == "InvalidArgument"
