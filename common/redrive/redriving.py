"""Redrive: what is in a dead-letter queue is handled again.

SQS moves messages back to their queue. A letter about records of a stream is handled by invoking the stream's function
with the records as they were; handling a record twice does no harm. A letter stays in the queue if its records have
expired or fail again, or if it names no records of a stream.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from common.redrive.queue import Letter, NoQueueSource, QueueMessage, letter_of

Event = dict[str, Any]
DEAD_LETTERS = "DeadLettersUrl"


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
    """What has become of the messages: moved back, handled again, failed again, too old, or about no stream."""

    moved: int = 0
    handled: int = 0
    failed: int = 0
    expired: int = 0
    unreadable: int = 0

    def text(self) -> str:
        """Say it in one line.

        Raises
        ------
        ValueError
            Some messages are still in the queue.
        """
        if self.failed or self.expired or self.unreadable:
            kept = f"{self.failed} failed again, {self.expired} expired"
            if self.unreadable:
                kept += f", {self.unreadable} name no records of a stream"
            raise ValueError(f"{self.handled} handled, {kept}; these are kept")
        if self.handled:
            return f"handled again: {_counted(self.handled)}"
        return f"moved back to their queue: {_counted(self.moved)}" if self.moved else "the queue is empty"


def redrive(queue: Queue, records: Records, now: Callable[[], int]) -> Redriven:
    """Handle again what is in a dead-letter queue; `now` is in milliseconds since 1970."""
    try:
        return Redriven(moved=queue.move_back())
    except NoQueueSource:
        return _redrive_letters(queue, records, now())


def _redrive_letters(queue: Queue, records: Records, started_at: int) -> Redriven:
    redriven = Redriven()
    for message in queue.messages(started_at):
        try:
            letter = letter_of(message.body)
        except (AttributeError, LookupError, TypeError, ValueError):
            redriven.unreadable += 1
            continue
        events = records.read(letter)
        if not events:
            redriven.expired += 1
        elif records.handle(letter, events):
            queue.delete(message.receipt)
            redriven.handled += 1
        else:
            redriven.failed += 1
    return redriven


def queue_urls(outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the URLs of a stack's dead-letter queues by name: `Stream` is that of `StreamDeadLettersUrl`."""
    return {name.removesuffix(DEAD_LETTERS): url for name, url in outputs.items() if name.endswith(DEAD_LETTERS)}


def _counted(messages: int) -> str:
    return f"{messages} message{'' if messages == 1 else 's'}"
