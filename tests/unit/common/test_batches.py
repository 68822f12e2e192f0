"""Batches of every event source: a record that fails does not stop the others."""

import base64
import json
import logging
from typing import Any

import pytest
from moto import mock_aws

from common.aws.dead_letters import DeadLetterQueue
from common.errors import Busy
from common.runtime.batches import PERMANENT, Batch, Record, handle_each, kinesis_data
from tests.unit.aws import aws_client

LOG = logging.getLogger("test_batches")
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/measurements"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/posts/stream/1"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:deletion"


# The shapes are those of https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html.
def message(text: str) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": "2"}
    about = {"eventSource": "aws:sqs", "eventSourceARN": QUEUE, "attributes": attributes}
    return {**about, "messageId": f"id-{text}", "body": text, "receiptHandle": "handle"}


def change(text: str) -> dict[str, Any]:
    about = {"eventSource": "aws:dynamodb", "eventSourceARN": TABLE, "eventID": f"event-{text}", "eventName": "INSERT"}
    content = {"Keys": {"pk": {"S": text}}, "NewImage": {"pk": {"S": text}}, "SequenceNumber": f"id-{text}"}
    return {**about, "dynamodb": content}


def measurement(text: str) -> dict[str, Any]:
    about = {"eventSource": "aws:kinesis", "eventSourceARN": STREAM, "eventID": f"shardId-0:{text}"}
    data = base64.b64encode(text.encode()).decode()
    return {**about, "kinesis": {"data": data, "partitionKey": "sensor", "sequenceNumber": f"id-{text}"}}


def text_of(record: Record) -> str:
    if "body" in record:
        return str(record["body"])
    return str(record["dynamodb"]["Keys"]["pk"]["S"]) if "dynamodb" in record else kinesis_data(record).decode()


def readable(record: Record) -> str:
    if text_of(record) == "poison":
        raise ValueError("not readable")
    return text_of(record)


class Letters(list[tuple[str, str]]):
    """Dead letters: a record's text, and the reason."""

    broken = False

    def put(self, record: Record, reason: str) -> None:
        if self.broken:
            raise TimeoutError("no answer")
        self.append((text_of(record), reason))


every_source = pytest.mark.parametrize("make", [message, change, measurement])


@every_source
def test_only_the_record_that_failed_is_named_in_the_response(make: Any, caplog: pytest.LogCaptureFixture):
    handled = []

    def handle(record: Record) -> None:
        handled.append(text_of(record))
        if text_of(record) == "1":
            raise ValueError("it cannot be handled")

    caplog.set_level(logging.INFO)
    response = handle_each([make(text) for text in "012"], handle, LOG)
    assert handled == ["0", "1", "2"]
    assert response == {"batchItemFailures": [{"itemIdentifier": "id-1"}]}
    assert "it cannot be handled" in caplog.text
    assert [(line.message, line.recordId) for line in caplog.records] == [  # type: ignore[attr-defined]
        ("record handled", "id-0"),
        ("record failed", "id-1"),
        ("record handled", "id-2"),
    ]


def test_the_log_says_how_often_sqs_has_delivered_a_message_that_failed(caplog: pytest.LogCaptureFixture):
    def handle(record: Record) -> None:
        raise ValueError

    handle_each([message("0")], handle, LOG)
    assert [line.receives for line in caplog.records] == ["2"]  # type: ignore[attr-defined]


@every_source
def test_a_record_that_cannot_be_read_becomes_a_dead_letter_and_does_not_fail(make: Any):
    letters = Letters()
    batch = Batch([make(text) for text in ("0", "poison", "2")], LOG, letters)
    assert [value for _, value in batch.read(readable)] == ["0", "2"]
    assert letters == [("poison", "ValueError: not readable")]
    assert batch.response() == {"batchItemFailures": []}


@every_source
def test_a_record_is_given_up_after_an_error_that_would_come_back_each_time(make: Any):
    letters = Letters()
    batch = Batch([make("one"), make("two")], LOG, letters)
    errors = {"one": KeyError("no such field"), "two": PermissionError("not allowed yet")}

    def fail(text: str) -> None:
        raise errors[text]

    for record, text in batch.read(text_of):
        batch.handle(record, fail, text, PERMANENT)
    assert letters == [("one", "KeyError: 'no such field'")]
    assert batch.response() == {"batchItemFailures": [{"itemIdentifier": "id-two"}]}


@every_source
def test_a_record_whose_dead_letter_cannot_be_sent_fails(make: Any):
    letters = Letters()
    letters.broken = True
    batch = Batch([make("poison"), make("1")], LOG, letters)
    assert [value for _, value in batch.read(readable)] == ["1"]
    assert batch.response() == {"batchItemFailures": [{"itemIdentifier": "id-poison"}]}


@every_source
def test_a_record_that_cannot_be_read_fails_where_there_are_no_dead_letters(make: Any):
    batch = Batch([make("poison"), make("1")], LOG)
    assert [value for _, value in batch.read(readable)] == ["1"]
    assert batch.response() == {"batchItemFailures": [{"itemIdentifier": "id-poison"}]}


@every_source
def test_a_record_that_fails_twice_is_named_once(make: Any):
    batch = Batch([make("1")], LOG)
    for _ in range(2):
        assert batch.handle(make("1"), int, "not a number") is None
    assert batch.response() == {"batchItemFailures": [{"itemIdentifier": "id-1"}]}


def test_the_later_messages_of_a_fifo_group_fail_after_the_first_that_fails():
    groups = {"0": "a", "1": "b", "2": "a", "3": "b", "4": "a"}
    records = [{**message(text), "attributes": {"MessageGroupId": group}} for text, group in groups.items()]
    batch, handled = Batch(records, LOG), []

    def work(text: str) -> None:
        handled.append(text)
        if text == "2":
            raise TimeoutError

    for record in records:
        batch.handle(record, work, text_of(record))
    assert handled == ["0", "1", "2", "3"]
    assert batch.response() == {"batchItemFailures": [{"itemIdentifier": "id-2"}, {"itemIdentifier": "id-4"}]}


def test_a_dead_letter_of_a_fifo_queue_keeps_its_group():
    record = {**message("0"), "attributes": {"MessageGroupId": "a"}}
    with mock_aws():
        client = aws_client("sqs", "us-east-1")
        url = client.create_queue(QueueName="letters.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        for _ in range(2):
            DeadLetterQueue(lambda: client, url).put(record, "no such order")
        answer = client.receive_message(QueueUrl=url, AttributeNames=["MessageGroupId"], MaxNumberOfMessages=10)
    (letter,) = answer["Messages"]
    assert letter["Attributes"]["MessageGroupId"] == "a"


def test_the_outcome_of_the_work_is_returned():
    assert Batch([message("1")], LOG).handle(message("1"), int, "1") == 1


@pytest.fixture
def queue():
    with mock_aws():
        yield aws_client("sqs", "us-east-1").create_queue(QueueName="dead-letters")["QueueUrl"]


PLACES = {
    "message": (message("0"), {"eventSourceARN": QUEUE, "messageId": "id-0", "body": "0"}),
    "change": (
        change("0"),
        {"eventSourceARN": TABLE, "eventID": "event-0", "sequenceNumber": "id-0", "keys": {"pk": {"S": "0"}}},
    ),
    "measurement": (
        measurement("0"),
        {"eventSourceARN": STREAM, "eventID": "shardId-0:0", "sequenceNumber": "id-0", "partitionKey": "sensor"},
    ),
}


@pytest.mark.parametrize("source", PLACES)
def test_a_dead_letter_says_why_and_where_the_record_is(queue: str, source: str):
    record, place = PLACES[source]
    client = aws_client("sqs", "us-east-1")
    DeadLetterQueue(lambda: client, queue).put(record, "ValueError: not readable")
    (letter,) = client.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(letter["Body"]) == {"reason": "ValueError: not readable", **place}


def test_a_race_that_another_attempt_ends_is_one_line_and_no_error(caplog: pytest.LogCaptureFixture):
    def busy(record: Record) -> None:
        raise Busy("Others are changing this.")

    assert handle_each([message("a")], busy, LOG) == {"batchItemFailures": [{"itemIdentifier": "id-a"}]}
    (line,) = caplog.records
    assert (line.levelno, line.exc_info) == (logging.WARNING, None)
    assert "Others are changing this." in line.__dict__["error"]
