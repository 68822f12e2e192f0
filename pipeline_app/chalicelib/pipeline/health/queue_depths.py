"""How many messages SQS queues have."""

from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.pipeline.health.model import QueueDepth

_WAITING, _IN_FLIGHT = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"


class QueueDepths:
    """Queues in SQS, named by the last part of their URL."""

    def __init__(self, client: Callable[[], Any], urls: Sequence[str]) -> None:
        self._client = client
        self._urls = urls

    def depths(self) -> list[QueueDepth]:
        """Read the approximate numbers of each queue."""
        client = self._client()
        return [self._depth(client, url) for url in self._urls]

    def _depth(self, client: Any, url: str) -> QueueDepth:
        answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=[_WAITING, _IN_FLIGHT])
        numbers = answer["Attributes"]
        return QueueDepth(url.rpartition("/")[2], int(numbers[_WAITING]), int(numbers[_IN_FLIGHT]))
