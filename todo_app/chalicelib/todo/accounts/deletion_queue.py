"""The queue of deletion requests in SQS."""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.todo.accounts.model import DeletionRequest

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
MAX_DELAY_SECONDS = 900


class SqsDeletionQueue:
    """A DeletionQueue in one SQS queue; `client` makes an SQS client."""

    def __init__(self, client: Callable[[], Any], url: str) -> None:
        self._client = client
        self._url = url

    def send(self, request: DeletionRequest, delay_seconds: int = 0) -> None:
        """Send a request as JSON."""
        self._client().send_message(
            QueueUrl=self._url,
            MessageBody=msgspec.json.encode(request).decode(),
            DelaySeconds=min(delay_seconds, MAX_DELAY_SECONDS),
        )


def deletion_request(body: str) -> DeletionRequest:
    """Read a message's body."""
    return msgspec.json.decode(body, type=DeletionRequest)
