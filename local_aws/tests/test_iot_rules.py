"""Topic rules: what they make of a message, where they put it, with which role, and what becomes of failures.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-rules.html and, for the error document,
https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
"""

import base64
import json
import uuid

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from local_aws.tests.iam_principals import policy, statement
from local_aws.tests.mqtt_devices import Device
from local_aws.tests.topic_rules import ENVELOPE, Rules

DOCUMENT = {
    "ruleName",
    "topic",
    "cloudwatchTraceId",
    "clientId",
    "base64OriginalPayload",
    "failures",
}


@pytest.fixture
def rules(aws):
    created = Rules(aws)
    yield created
    iot = aws.client("iot")
    for rule in iot.list_topic_rules()["rules"]:
        iot.delete_topic_rule(ruleName=rule["ruleName"])


@pytest.fixture(scope="module")
def device(aws):
    return Device(aws)


def publish(device: Device, payload: bytes) -> None:
    """Publish one message, which must be acknowledged whatever becomes of the rules."""
    with device.connection() as connection:
        assert connection.next_event() == ("connected", 0)
        assert connection.publish(device.topic, payload) == "acknowledged"


# A device cannot set what the rule says of a message.
FORGED = b'{"payload": "e30=", "device_id": "other", "received_at": 1, "source_id": "1", "released_at": 1}'


@pytest.mark.parametrize("payload", [b'{"temperature": 21.4}', b"\x00\xff not UTF-8", b"", b"{} {}", FORGED])
def test_the_payload_arrives_byte_by_byte_in_the_stream_under_the_partition_key_of_the_device(rules, device, payload):
    rules.create(ENVELOPE, rules.kinesis())
    publish(device, payload)
    (record,) = rules.records()
    envelope = json.loads(record["Data"])
    assert record["PartitionKey"] == envelope["device_id"] == envelope["client"] == device.name
    assert base64.b64decode(envelope["payload"]) == payload
    assert set(envelope) == {"payload", "device_id", "received_at", "source_id", "client"}
    assert isinstance(envelope["received_at"], int)
    assert envelope["received_at"] > 1
    assert uuid.UUID(envelope["source_id"])


def test_where_selects_messages(rules, device):
    rules.create("SELECT temperature FROM 'devices/+/telemetry' WHERE temperature > 30", rules.sqs())
    publish(device, b'{"temperature": 29}')
    publish(device, b'{"temperature": 31, "other": 1}')
    assert rules.message() == {"temperature": 31}


def test_a_disabled_rule_does_nothing(rules, device):
    name = rules.create(ENVELOPE, rules.kinesis())
    rules.aws.client("iot").disable_topic_rule(ruleName=name)
    publish(device, b"{}")
    assert rules.records() == []


@pytest.mark.parametrize(
    ("failing", "reason"),
    [
        ({"streamName": "no-such-stream"}, "ResourceNotFoundException"),
        ({"partitionKey": "${no.such.field}"}, "is undefined"),
    ],
)
def test_a_failed_action_sends_one_document_to_the_error_action(rules, device, failing, reason):
    rules.create(ENVELOPE, rules.kinesis(**failing), rules.kinesis(), error_action=rules.sqs())
    publish(device, b"\xff")
    document = rules.message()
    assert set(document) == DOCUMENT
    assert base64.b64decode(document["base64OriginalPayload"]) == b"\xff"
    assert (document["topic"], document["clientId"]) == (device.topic, device.name)
    (failure,) = document["failures"]
    assert failure["failedAction"] == "KinesisAction"
    assert failure["failedResource"] == failing.get("streamName", rules.stream)
    assert reason in failure["errorMessage"]
    assert len(rules.records()) == 1, "the other action has run"


def test_the_action_has_the_permissions_of_its_role(rules, device):
    powerless = rules.new_role(policy(statement("kinesis:PutRecord", "arn:aws:kinesis:*:*:stream/another")))
    rules.create(ENVELOPE, rules.kinesis(roleArn=powerless), error_action=rules.sqs())
    publish(device, b"{}")
    (failure,) = rules.message()["failures"]
    assert "is not authorized to perform: kinesis:PutRecord" in failure["errorMessage"]
    assert rules.records() == []


def test_a_queue_gets_what_is_selected_and_base64_on_request(rules, device):
    rules.create("SELECT * FROM 'devices/+/telemetry'", rules.sqs(useBase64=True))
    publish(device, b'{"a": "\xc3\xa9"}')
    sqs = rules.aws.client("sqs")
    body = wait_until(lambda: sqs.receive_message(QueueUrl=rules.queue_url).get("Messages"))[0]["Body"]
    assert json.loads(base64.b64decode(body)) == {"a": "é"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT",
        "SELECT * FROM devices",
        "SELECT cast(a AS String) FROM 'a'",
        "SELECT aws_lambda('arn', *) FROM 'a'",
        "SELECT * FROM 'a' WHERE get_thing_shadow('a', 'b').c = 1",
    ],
)
def test_sql_that_is_not_served_is_refused(rules, sql):
    with pytest.raises(ClientError) as refusal:
        rules.create(sql, rules.kinesis())
    assert refusal.value.response["Error"]["Code"] == "SqlParseException"


def test_actions_that_are_not_served_and_roles_that_iot_may_not_assume_are_refused(rules):
    foreign = rules.new_role(policy(statement("kinesis:*")), "lambda.amazonaws.com")
    missing = "arn:aws:iam::000000000000:role/no-such-role"
    firehose = {"firehose": {"deliveryStreamName": "x", "roleArn": rules.role}}
    for action in ({"lambda": {"functionArn": "x"}}, firehose, rules.kinesis(roleArn=foreign)):
        with pytest.raises(ClientError) as refusal:
            rules.create(ENVELOPE, action)
        assert refusal.value.response["Error"]["Code"] == "InvalidRequestException"
    for error_action in (firehose, rules.sqs(roleArn=missing)):
        with pytest.raises(ClientError) as refusal:
            rules.create(ENVELOPE, rules.kinesis(), error_action=error_action)
        assert refusal.value.response["Error"]["Code"] == "InvalidRequestException"


def test_a_throttled_action_is_retried_until_the_shard_takes_the_record(rules, device):
    """A shard takes 1,000 records a second; each publish is acknowledged, and no record is lost or double."""
    rules.create("SELECT number FROM 'devices/+/telemetry'", rules.kinesis(), error_action=rules.sqs())
    count = 1_200
    with device.connection() as connection:
        assert connection.next_event() == ("connected", 0)
        for number in range(count):
            connection.start_publish(device.topic, json.dumps({"number": number}).encode())
        assert {connection.next_event()[0] for _ in range(count)} == {"acknowledged"}
    assert [json.loads(record["Data"])["number"] for record in rules.records()] == list(range(count))
