"""The queue of stream records that can never be handled, beside those that Lambda gives up itself."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec


class DeadLetterQueue:
    """DeadLetters in one SQS queue."""

    def __init__(self, client: Callable[[], Any], url: str) -> None:
        self._client = client
        self._url = url

    def put(self, record: Mapping[str, Any], reason: str) -> None:
        """Send the record's place and keys. Its content is in the table, and may be larger than a message."""
        letter = {
            "reason": reason,
            "eventID": record.get("eventID"),
            "eventSourceARN": record.get("eventSourceARN"),
            "sequenceNumber": record["dynamodb"].get("SequenceNumber"),
            "keys": record["dynamodb"].get("Keys"),
        }
        self._client().send_message(QueueUrl=self._url, MessageBody=msgspec.json.encode(letter).decode())
