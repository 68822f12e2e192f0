"""What SNS delivers: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html and
https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html."""

import base64
import json
import re

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from local_aws.tests.lambda_functions import RUNTIME, create, package
from local_aws.tests.mail import Topic, let_send, queue_arn, unique

PRINTS = """
    import json
    def handler(event, context):
        print('EVENT', json.dumps(event))
    """
FAILS = f"{PRINTS}    raise KeyError('failed')"


def subscribe(aws, topic, function, let=True, region="us-east-1", **attributes):
    arn = aws.client("lambda").get_function(FunctionName=function.name)["Configuration"]["FunctionArn"]
    if let:
        aws.client("lambda").add_permission(
            FunctionName=function.name,
            StatementId=unique(),
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topic,
        )
    sns = aws.client("sns", region=region)
    return sns.subscribe(
        TopicArn=topic, Protocol="lambda", Endpoint=arn, Attributes=attributes, ReturnSubscriptionArn=True
    )["SubscriptionArn"]


def new_topic(aws):
    return aws.client("sns").create_topic(Name=unique("t"))["TopicArn"]


def events(function):
    lines = [line for _, line in function.log_events() if line.startswith("EVENT ")] if has_logs(function) else []
    return [json.loads(line.removeprefix("EVENT ")) for line in lines]


def has_logs(function):
    groups = function.aws.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function.name}")
    return bool(groups["logGroups"])


class DeadLetters:
    def __init__(self, aws, *services):
        self.sqs = aws.client("sqs")
        self.url = self.sqs.create_queue(QueueName=unique("dead"))["QueueUrl"]
        self.arn = queue_arn(self.sqs, self.url)
        self.redrive = json.dumps({"deadLetterTargetArn": self.arn})
        let_send(self.sqs, self.url, self.arn, "sns.amazonaws.com")

    def take(self):
        (message,) = wait_until(self._received, "a dead letter")
        return message

    def _received(self):
        options = {"WaitTimeSeconds": 10, "MessageAttributeNames": ["All"]}
        return self.sqs.receive_message(QueueUrl=self.url, **options).get("Messages")


def test_a_function_gets_every_field(aws):
    topic, function = new_topic(aws), create(aws, PRINTS)
    subscription = subscribe(aws, topic, function)
    message_id = aws.client("sns").publish(TopicArn=topic, Message="hello")["MessageId"]
    (event,) = wait_until(lambda: events(function), "the function was invoked")
    (record,) = event["Records"]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"] == subscription
    notification = record["Sns"]
    assert (notification["Message"], notification["MessageId"]) == ("hello", message_id)
    assert (notification["Subject"], notification["MessageAttributes"]) == (None, {})
    assert (notification["TopicArn"], notification["Type"]) == (topic, "Notification")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", notification["Timestamp"])
    assert notification["SignatureVersion"] == "1"
    assert base64.b64decode(notification["Signature"], validate=True)
    assert notification["SigningCertUrl"].startswith("https://sns.us-east-1.amazonaws.com/")
    assert notification["UnsubscribeUrl"].endswith(f"SubscriptionArn={subscription}")


def test_a_function_gets_subject_and_attributes(aws):
    topic, function = new_topic(aws), create(aws, PRINTS)
    subscribe(aws, topic, function)
    attributes = {
        "kind": {"DataType": "String", "StringValue": "photo"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    aws.client("sns").publish(TopicArn=topic, Message="m", Subject="s", MessageAttributes=attributes)
    (event,) = wait_until(lambda: events(function), "the function was invoked")
    notification = event["Records"][0]["Sns"]
    assert notification["Subject"] == "s"
    assert notification["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "photo"},
        "bytes": {"Type": "Binary", "Value": "AAE="},
    }


def test_a_failing_function_is_tried_three_times_then_the_event_is_a_dead_letter(aws):
    dead = DeadLetters(aws)
    topic = new_topic(aws)
    function = create(aws, FAILS, DeadLetterConfig={"TargetArn": dead.arn})
    function.allow({"Action": "sqs:SendMessage", "Resource": dead.arn})
    subscribe(aws, topic, function)
    aws.client("sns").publish(TopicArn=topic, Message="hello")
    message = dead.take()
    assert json.loads(message["Body"])["Records"][0]["Sns"]["Message"] == "hello"
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["ErrorCode"] == "200"
    assert "failed" in attributes["ErrorMessage"]
    assert attributes["RequestID"]
    assert len(events(function)) == 3


def test_a_function_that_does_not_allow_sns_is_not_invoked(aws):
    dead, topic, function = DeadLetters(aws), new_topic(aws), create(aws, PRINTS)
    subscribe(aws, topic, function, let=False, RedrivePolicy=dead.redrive)
    aws.client("sns").publish(TopicArn=topic, Message="hello")
    assert json.loads(dead.take()["Body"])["Message"] == "hello"
    assert events(function) == []


def test_a_permission_is_for_one_topic(aws):
    dead, topic, other, function = DeadLetters(aws), new_topic(aws), new_topic(aws), create(aws, PRINTS)
    subscribe(aws, other, function)
    subscribe(aws, topic, function, let=False, RedrivePolicy=dead.redrive)
    aws.client("sns").publish(TopicArn=topic, Message="hello")
    assert dead.take()
    assert events(function) == []


def test_a_function_in_another_region_needs_its_own_permission(aws):
    here, topic = create(aws, PRINTS), new_topic(aws)
    west = aws.client("lambda", region="us-west-2")
    there = west.create_function(
        FunctionName=here.name,
        Role=f"arn:aws:iam::000000000000:role/{here.role}",
        Runtime=RUNTIME,
        Handler="app.handler",
        Code={"ZipFile": package({"app.py": PRINTS})},
    )["FunctionArn"]
    west.add_permission(
        FunctionName=here.name,
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    aws.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=there)
    aws.client("sns").publish(TopicArn=topic, Message="hello")
    logs, group = aws.client("logs", region="us-west-2"), f"/aws/lambda/{here.name}"
    wait_until(lambda: logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"], "it was invoked there")
    assert events(here) == []


def test_a_message_to_a_deleted_function_is_a_dead_letter(aws):
    dead, topic, function = DeadLetters(aws), new_topic(aws), create(aws, PRINTS)
    subscribe(aws, topic, function, RedrivePolicy=dead.redrive)
    aws.client("lambda").delete_function(FunctionName=function.name)
    aws.client("sns").publish(TopicArn=topic, Message="hello")
    assert dead.take()


def test_a_queue_gets_an_envelope(aws):
    topic = Topic(aws)
    attributes = {"kind": {"DataType": "String", "StringValue": "photo"}}
    topic.sns.publish(TopicArn=topic.arn, Message="one")
    topic.sns.publish(TopicArn=topic.arn, Message="two", Subject="s", MessageAttributes=attributes)
    bodies = sorted((json.loads(body) for body in topic.take(2)), key=lambda body: body["Message"])
    assert set(bodies[0]) == {
        *("Type", "MessageId", "TopicArn", "Message", "Timestamp"),
        *("SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"),
    }
    assert bodies[1]["Subject"] == "s"
    assert bodies[1]["MessageAttributes"] == {"kind": {"Type": "String", "Value": "photo"}}


def test_a_queue_gets_the_raw_message_with_its_attributes(aws):
    topic = Topic(aws, RawMessageDelivery="true")
    attributes = {"kind": {"DataType": "String", "StringValue": "photo"}}
    topic.sns.publish(TopicArn=topic.arn, Message="one", MessageAttributes=attributes)
    got = topic.sqs.receive_message(QueueUrl=topic.queue_url, WaitTimeSeconds=10, MessageAttributeNames=["All"])
    (message,) = got["Messages"]
    assert message["Body"] == "one"
    assert message["MessageAttributes"]["kind"]["StringValue"] == "photo"


def test_a_message_to_a_queue_that_refuses_it_or_is_deleted_is_a_dead_letter(aws):
    dead = DeadLetters(aws)
    topic = Topic(aws, RedrivePolicy=dead.redrive)
    topic.sqs.set_queue_attributes(QueueUrl=topic.queue_url, Attributes={"Policy": ""})
    topic.sns.publish(TopicArn=topic.arn, Message="refused")
    assert json.loads(dead.take()["Body"])["Message"] == "refused"


@pytest.mark.parametrize(
    ("policy", "attributes", "passes"),
    [
        ({"kind": ["photo"]}, {"kind": "photo"}, True),
        ({"kind": ["photo"]}, {"kind": "text"}, False),
        ({"kind": ["photo"]}, {}, False),
        ({"kind": [{"prefix": "ph"}]}, {"kind": "photo"}, True),
        ({"kind": [{"anything-but": ["photo"]}]}, {"kind": "photo"}, False),
        ({"kind": [{"exists": False}]}, {"other": "x"}, True),
        ({"kind": ["photo"], "size": ["big"]}, {"kind": "photo"}, False),
    ],
)
def test_messages_are_filtered_by_attributes(aws, policy, attributes, passes):
    topic = Topic(aws, FilterPolicy=json.dumps(policy), RawMessageDelivery="true")
    typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    topic.sns.publish(TopicArn=topic.arn, Message="filtered", MessageAttributes=typed)
    topic.sns.set_subscription_attributes(
        SubscriptionArn=topic.subscription, AttributeName="FilterPolicy", AttributeValue="{}"
    )
    topic.sns.publish(TopicArn=topic.arn, Message="end")
    assert sorted(topic.take(1 + passes)) == ["end", *["filtered"] * passes]


@pytest.mark.parametrize(
    ("policy", "body", "passes"),
    [
        (
            {"Records": {"s3": {"object": {"key": [{"prefix": "a/"}]}}}},
            '{"Records": [{"s3": {"object": {"key": "a/b"}}}]}',
            True,
        ),
        ({"kind": ["photo"]}, '{"kind": "photo"}', True),
        ({"kind": ["photo"]}, '{"kind": ["text", "photo"]}', True),
        ({"kind": ["photo"]}, '{"kind": "text"}', False),
        ({"post": {"kind": ["photo"]}}, '{"post": {"kind": "photo"}}', True),
        ({"kind": ["photo"]}, "no json", False),
        ({"size": [{"numeric": [">", 1, "<=", 3]}]}, '{"size": 3}', True),
        ({"size": [{"numeric": [">", 1, "<=", 3]}]}, '{"size": 4}', False),
    ],
)
def test_messages_are_filtered_by_the_body(aws, policy, body, passes):
    topic = Topic(aws, FilterPolicy=json.dumps(policy), FilterPolicyScope="MessageBody", RawMessageDelivery="true")
    topic.sns.publish(TopicArn=topic.arn, Message=body)
    topic.sns.set_subscription_attributes(
        SubscriptionArn=topic.subscription, AttributeName="FilterPolicy", AttributeValue="{}"
    )
    topic.sns.publish(TopicArn=topic.arn, Message='{"end": true}')
    assert sorted(topic.take(1 + passes)) == sorted(['{"end": true}', *[body] * passes])


def test_a_message_that_is_too_long_is_refused(aws):
    topic = new_topic(aws)
    with pytest.raises(ClientError) as caught:
        aws.client("sns").publish(TopicArn=topic, Message="x" * (256 * 1024 + 1))
    assert caught.value.response["Error"]["Code"] == "InvalidParameter"
