"""The FIFO queue of events: one group for each subject, one message for each event.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from chalicelib.video.payments.ports import SignedEvent


class SqsEventQueue:
    """An EventQueue in one SQS FIFO queue."""

    def __init__(self, client: Callable[[], Any], url: str) -> None:
        self._client = client
        self._url = url

    def put(self, event: SignedEvent, body: bytes) -> None:
        """Send the body as it was signed. SQS drops a second message with the same event id for 5 minutes."""
        self._client().send_message(
            QueueUrl=self._url,
            MessageBody=body.decode(),
            # A group's name has at most 128 characters, and not every character.
            MessageGroupId=sha256(event.subject.encode()).hexdigest(),
            MessageDeduplicationId=event.id,
        )
