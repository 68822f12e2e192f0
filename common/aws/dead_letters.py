"""An SQS queue of records that can never be handled, beside those that Lambda itself gives up."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec


class DeadLetterQueue:
    """DeadLetters in one SQS queue; `client` makes an SQS client.

    A FIFO queue takes the dead letters of a FIFO queue only.
    """

    def __init__(self, client: Callable[[], Any], url: str) -> None:
        self._client = client
        self._url = url

    def put(self, record: Mapping[str, Any], reason: str) -> None:
        """Send the reason, and where the record is."""
        letter = {"reason": reason, "eventSourceARN": record.get("eventSourceARN"), **_place(record)}
        body = msgspec.json.encode(letter).decode()
        self._client().send_message(QueueUrl=self._url, MessageBody=body, **self._of_fifo(record))

    def _of_fifo(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Return what a message of a FIFO queue needs: the record's own group, and its id."""
        if not self._url.endswith(".fifo"):
            return {}
        group = record["attributes"]["MessageGroupId"]
        return {"MessageGroupId": group, "MessageDeduplicationId": record["messageId"]}


def _place(record: Mapping[str, Any]) -> dict[str, Any]:
    """Say how to find a record again.

    The content of a stream's record is in the table or in the stream, and may be larger than a message. SQS deletes a
    message that is given up, so its body is kept here.
    """
    if change := record.get("dynamodb"):
        number, keys = change.get("SequenceNumber"), change.get("Keys")
        return {"eventID": record.get("eventID"), "sequenceNumber": number, "keys": keys}
    if data := record.get("kinesis"):
        number, key = data.get("sequenceNumber"), data.get("partitionKey")
        return {"eventID": record.get("eventID"), "sequenceNumber": number, "partitionKey": key}
    return {"messageId": record.get("messageId"), "body": record.get("body")}
