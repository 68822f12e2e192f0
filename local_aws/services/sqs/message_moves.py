"""Moves messages out of a dead-letter queue: the tasks behind StartMessageMoveTask.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html:
a task moves the visible messages, the oldest first, to the queue that each came from or to one destination. A moved
message is a new one: it has a new id and is received for the first time.
"""

import base64
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from ministack.core.concurrency import esm_wake
from ministack.services import sqs

from local_aws import main_loop
from local_aws.state import saver

Message = dict[str, Any]
Queue = dict[str, Any]

_STEP_SECONDS = 0.1
_MOST_IN_STEP = 500
# The source that SQS notes when it moves a message to a dead-letter queue.
_ORIGIN = "DeadLetterQueueSourceArn"


@dataclass
class MoveTask:
    """One task. `status` is RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED."""

    source_arn: str
    destination_arn: str | None
    per_second: int | None
    to_move: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_at: float = field(default_factory=time.time)
    status: str = "RUNNING"
    moved: int = 0
    failure: str = ""
    _has_ended: bool = False

    @property
    def is_active(self) -> bool:
        """Whether the task may still move messages."""
        return self.status in ("RUNNING", "CANCELLING")

    @property
    def handle(self) -> str:
        """The task handle of the API."""
        return base64.b64encode(json.dumps({"taskId": self.id, "sourceArn": self.source_arn}).encode()).decode()

    def start(self) -> None:
        """Start the task's thread."""
        threading.Thread(target=self._run, daemon=True, name="message-move").start()

    def _run(self) -> None:
        while not self._has_ended and main_loop.run_between_requests(self.step):
            time.sleep(_STEP_SECONDS)

    def end(self) -> None:
        """End with the server; the remaining messages stay where they are."""
        self._has_ended = True

    def step(self) -> bool:
        """Move the next messages; returns whether there is more to do."""
        if self.status == "CANCELLING":
            self.status = "CANCELLED"
        source = sqs._queue_by_arn(self.source_arn)
        if self.status != "RUNNING" or source is None:
            return False
        waiting = _visible(source)
        for message in waiting[: self.size_of_step(time.time())]:
            destination = sqs._queue_by_arn(self.destination_arn or message["sys"].get(_ORIGIN, ""))
            if destination is None:
                self.status, self.failure = "FAILED", "CouldNotDetermineMessageSource"
                return False
            _move(message, source, destination)
            self.moved += 1
        if not waiting:
            self.status = "COMPLETED"
        saver.mark_changed()
        esm_wake.set()
        return bool(waiting)

    def size_of_step(self, now: float) -> int:
        """How many messages may be moved now, by the task's rate."""
        if self.per_second is None:
            return _MOST_IN_STEP
        due = int((now - self.started_at + _STEP_SECONDS) * self.per_second)
        return max(0, due - self.moved)


def count_visible(queue: Queue) -> int:
    """How many messages a task would move."""
    return len(_visible(queue))


def _visible(queue: Queue) -> list[Message]:
    now = time.time()
    for message in queue["messages"]:
        sqs._ensure_msg_fields(message)
    return [message for message in queue["messages"] if message["visible_at"] <= now]


def _move(message: Message, source: Queue, destination: Queue) -> None:
    now = time.time()
    attributes = {name: value for name, value in message["sys"].items() if name != _ORIGIN}
    moved = {
        **{name: value for name, value in message.items() if name != "enqueued_at"},
        "id": str(uuid.uuid4()),
        "sent_at": now,
        "visible_at": now + sqs.queue_delay(destination),
        "receive_count": 0,
        "first_receive_at": None,
        "receipt_handle": None,
        "sys": {**attributes, "SentTimestamp": str(int(now * 1000))},
    }
    destination["messages"].append(moved)
    source["messages"] = [other for other in source["messages"] if other is not message]
