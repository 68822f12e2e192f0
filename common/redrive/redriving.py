"""Redrive: what is in a dead-letter queue is handled again.

SQS moves messages back to their queue. A letter about records of a stream is handled by invoking the stream's function
with the records as they were; handling a record twice does no harm. A letter about an asynchronous invocation is
handled by the same invocation. A letter stays in the queue if its records have expired or fail again, or if it cannot
be read.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from common.redrive.queue import DeadLetterQueue, Invocation, Letter, NoQueueSource, QueueMessage, letter_of

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

    def invoke(self, function: str, event: Any) -> bool:
        """Invoke a function; returns whether it has handled the event."""


@dataclass
class Redriven:
    """What has become of the messages: moved back, handled again, failed again, too old, or no letters."""

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
                kept += f", {self.unreadable} cannot be read"
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
        is_handled = _is_handled(letter, records)
        if is_handled is None:
            redriven.expired += 1
        elif is_handled:
            queue.delete(message.receipt)
            redriven.handled += 1
        else:
            redriven.failed += 1
    return redriven


def _is_handled(letter: Letter | Invocation, records: Records) -> bool | None:
    """Handle a letter; None if its records have expired."""
    if isinstance(letter, Invocation):
        return records.invoke(letter.function_arn, letter.event)
    events = records.read(letter)
    return records.handle(letter, events) if events else None


def redrive_named(name: str, urls: Mapping[str, str], make_client: Callable[[str], Any], records: Records) -> str:
    """Handle again what is in the queue with a name; returns in one line what has become of it.

    Raises
    ------
    ValueError
        There is no such queue, or some messages are still in it.
    """
    if name not in urls:
        raise ValueError(f"there is no queue {name}; there are: {', '.join(sorted(urls))}")
    queue = DeadLetterQueue(lambda: make_client("sqs"), urls[name])
    return redrive(queue, records, lambda: int(time.time() * 1000)).text()


def queue_urls(outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the URLs of a stack's dead-letter queues by name: `Stream` is that of `StreamDeadLettersUrl`."""
    return {name.removesuffix(DEAD_LETTERS): url for name, url in outputs.items() if name.endswith(DEAD_LETTERS)}


def _counted(messages: int) -> str:
    return f"{messages} message{'' if messages == 1 else 's'}"
