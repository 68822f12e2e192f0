"""Redrive: what is in a dead-letter queue is handled again.

SQS moves messages back to their queue. A letter about records of a stream is handled by invoking the stream's function
with the records as they were. It skips those that are older than what it has applied since, so none is counted twice;
the reports have them in any case. A letter stays in the queue if its records have expired or fail again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from operations.dead_letters.queue import Letter, NoQueueSource, QueueMessage, letter_of

Event = dict[str, Any]


class Queue(Protocol):
    """A dead-letter queue."""

    def move_back(self) -> int:
        """Move all messages to the queues they came from."""

    def messages(self, sent_before_ms: int) -> Iterable[QueueMessage]:
        """Receive what was in the queue at this time."""

    def delete(self, receipt: str) -> None:
        """Delete a message."""


class Records(Protocol):
    """The records that letters name, and the functions of their streams."""

    def read(self, letter: Letter) -> Sequence[Event]:
        """Read the records that are still in the stream, as the function gets them."""

    def handle(self, letter: Letter, records: Sequence[Event]) -> bool:
        """Invoke the function of the stream; returns whether it has handled all records."""


@dataclass
class Redriven:
    """What has become of the messages: moved back, handled again, failed again, or too old to be read."""

    moved: int = 0
    handled: int = 0
    failed: int = 0
    expired: int = 0


def redrive(queue: Queue, records: Records, now: Callable[[], int]) -> Redriven:
    """Handle again what is in a dead-letter queue; `now` is in milliseconds since 1970."""
    try:
        return Redriven(moved=queue.move_back())
    except NoQueueSource:
        return _redrive_letters(queue, records, now())


def _redrive_letters(queue: Queue, records: Records, started_at: int) -> Redriven:
    redriven = Redriven()
    for message in queue.messages(started_at):
        letter = letter_of(message.body)
        events = records.read(letter)
        if not events:
            redriven.expired += 1
        elif records.handle(letter, events):
            queue.delete(message.receipt)
            redriven.handled += 1
        else:
            redriven.failed += 1
    return redriven
