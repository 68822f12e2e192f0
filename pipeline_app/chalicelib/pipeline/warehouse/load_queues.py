"""Work for later in two SQS queues: loads, and reminders of statements."""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.pipeline.warehouse.model import Load

# The longest delay of SQS. A load takes seconds, and its event comes at once.
_REMINDER_SECONDS = 900


class LoadQueues:
    """A LoadQueue in the queue of manifests and the queue of events."""

    def __init__(self, client: Callable[[], Any], manifests_url: str, events_url: str) -> None:
        self._client = client
        self._manifests_url = manifests_url
        self._events_url = events_url

    def load_later(self, load: Load, delay_seconds: int) -> None:
        """Send the manifest's key and the attempt."""
        order = {"manifest_key": load.manifest_key, "attempt": load.attempt, "last_attempt": load.last_attempt}
        self._send(self._manifests_url, order, delay_seconds)

    def look_later(self, statement_id: str, name: str) -> None:
        """Send what an event says of a statement."""
        self._send(self._events_url, {"statementId": statement_id, "statementName": name}, _REMINDER_SECONDS)

    def _send(self, url: str, body: dict[str, object], delay_seconds: int) -> None:
        text = msgspec.json.encode(body).decode()
        self._client().send_message(QueueUrl=url, MessageBody=text, DelaySeconds=delay_seconds)
