"""Redrive, with a queue and records in memory."""

import json
from dataclasses import dataclass, field

import pytest

from common.redrive.queue import Letter, NoQueueSource, QueueMessage, letter_of
from common.redrive.redriving import Redriven, queue_urls, redrive, redrive_named

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/telemetry"


@dataclass
class Queue:
    waiting: list[QueueMessage] = field(default_factory=list)
    movable: int | None = None
    deleted: list[str] = field(default_factory=list)

    def move_back(self):
        if self.movable is None:
            raise NoQueueSource
        return self.movable

    def messages(self, sent_before_ms):
        return iter(self.waiting)

    def delete(self, receipt):
        self.deleted.append(receipt)


@dataclass
class Records:
    failing: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    invoked: list[tuple[str, object]] = field(default_factory=list)

    def read(self, letter):
        return [] if letter.first in self.expired else [{"number": letter.first}]

    def handle(self, letter, records):
        return letter.first not in self.failing

    def invoke(self, function, event):
        self.invoked.append((function, event))
        return True


def letter(number):
    body = {"eventSourceARN": STREAM, "eventID": f"shardId-000000000000:{number}", "sequenceNumber": number}
    return QueueMessage(f"id-{number}", f"receipt-{number}", 1, json.dumps(body))


def test_messages_of_a_queue_are_moved_back():
    assert redrive(Queue(movable=3), Records(), lambda: 0) == Redriven(moved=3)


def test_letters_are_deleted_when_their_records_are_handled_and_kept_otherwise():
    queue = Queue([letter("1"), letter("2"), letter("3")])
    assert redrive(queue, Records(failing=("2",), expired=("3",)), lambda: 0) == Redriven(
        handled=1, failed=1, expired=1
    )
    assert queue.deleted == ["receipt-1"]


def test_an_event_of_an_asynchronous_invocation_is_handled_by_the_same_function():
    body = {"requestContext": {"functionArn": "arn:suppress"}, "requestPayload": {"Records": [7]}}
    queue, records = Queue([QueueMessage("id", "receipt", 1, json.dumps(body))]), Records()
    assert redrive(queue, records, lambda: 0).text() == "handled again: 1 message"
    assert (records.invoked, queue.deleted) == ([("arn:suppress", {"Records": [7]})], ["receipt"])


def test_a_queue_that_does_not_exist_is_answered_with_those_that_do():
    urls = queue_urls({"StreamDeadLettersUrl": "a", "MailDeadLettersUrl": "b", "StreamDeadLettersArn": "c"})
    with pytest.raises(ValueError, match="there is no queue X; there are: Mail, Stream"):
        redrive_named("X", urls, lambda _: None, Records())


def test_a_message_that_cannot_be_read_is_kept():
    queue = Queue([QueueMessage("id", "receipt", 1, text) for text in ("{}", "[]", "x", '{"sequenceNumber": "1"}')])
    redriven = redrive(queue, Records(), lambda: 0)
    assert (redriven.unreadable, queue.deleted) == (4, [])
    with pytest.raises(ValueError, match="4 cannot be read"):
        redriven.text()


def test_lambdas_report_and_a_functions_own_letter_name_their_records():
    report = {
        "requestContext": {"condition": "RetryAttemptsExhausted"},
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000006",
            "startSequenceNumber": "10",
            "endSequenceNumber": "20",
            "batchSize": 3,
            "streamArn": STREAM,
        },
    }
    assert letter_of(json.dumps(report)) == Letter(STREAM, "shardId-000000000006", "10", "20")
    own = {
        "reason": "ValueError",
        "eventSourceARN": STREAM,
        "eventID": "shardId-000000000006:15",
        "sequenceNumber": "15",
        "partitionKey": "device",
    }
    assert letter_of(json.dumps(own)) == Letter(STREAM, "shardId-000000000006", "15", "15")
