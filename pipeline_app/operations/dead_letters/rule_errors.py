"""Puts the messages into the stream that the topic rule could not put there.

The error document has the message in base64 and its topic
(https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html). It was sent when the message arrived,
so its time is the message's. The record is marked like that of a replay, so that it counts once even if the rule had
put it before the error, or a redrive was interrupted.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from common.redrive.queue import QueueMessage

_LEVELS = 3


class Queue(Protocol):
    """The queue of error documents."""

    def messages(self, sent_before_ms: int) -> Iterable[QueueMessage]:
        """Receive what was in the queue at this time."""

    def delete(self, receipt: str) -> None:
        """Delete a message."""


class Stream(Protocol):
    """The stream of records."""

    def put(self, records: list[tuple[str, bytes]]) -> None:
        """Put records with their partition keys."""


class _Document(msgspec.Struct, rename={"payload": "base64OriginalPayload"}):
    payload: str
    topic: str


@dataclass
class Put:
    """How many messages are in the stream now, and how many documents are not about a device's message."""

    put: int = 0
    unreadable: int = 0


def put_rule_errors(queue: Queue, stream: Stream, now: Callable[[], int]) -> Put:
    """Put the messages that wait now into the stream; `now` is in milliseconds since 1970."""
    done, started_at = Put(), now()
    for message in queue.messages(started_at):
        record = record_of(message, started_at)
        if record is None:
            done.unreadable += 1
            continue
        stream.put([record])
        queue.delete(message.receipt)
        done.put += 1
    return done


def record_of(message: QueueMessage, released_at: int) -> tuple[str, bytes] | None:
    """The partition key and the record of a message; None if the document is not about a device's message."""
    try:
        document = msgspec.json.decode(message.body, type=_Document)
    except ValueError:
        return None
    levels = document.topic.split("/")
    if len(levels) != _LEVELS:
        return None
    envelope = {
        "payload": document.payload,
        "device_id": levels[1],
        "received_at": message.sent_at_ms,
        "source_id": message.id,
        "released_at": released_at,
    }
    return levels[1], msgspec.json.encode(envelope)
