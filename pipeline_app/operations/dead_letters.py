"""Dead-letter queues for operators: their messages go back, and letters about records of streams are read.

Two kinds of letters name records of a stream: Lambda's report of a batch that it has given up
(https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html), and a function's own letter about a
record that it could not read (common/aws/dead_letters.py).
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

PAUSE_SECONDS = 0.5
# Long enough to read the records and to invoke the function.
VISIBILITY_SECONDS = 300
_BATCH_FIELDS = ("KinesisBatchInfo", "DDBStreamBatchInfo")


class NoQueueSource(Exception):
    """No queue sends its failed messages to this dead-letter queue, so SQS cannot move them back."""


@dataclass(frozen=True)
class Letter:
    """Which records of a stream a function has not handled: all of a shard from `first` to `last`."""

    receipt: str
    stream_arn: str
    shard_id: str
    first: str
    last: str


class DeadLetterQueue:
    """One dead-letter queue."""

    def __init__(self, client: Callable[[], Any], url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._url = url
        self._sleep = sleep

    def move_back(self) -> int:
        """Move all messages to the queues they came from; returns how many.

        Raises
        ------
        NoQueueSource
            The messages came from no queue.
        ValueError
            SQS could not move them all.
        """
        client, source = self._client(), self._arn()
        try:
            client.start_message_move_task(SourceArn=source)
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "InvalidParameterValue":
                raise NoQueueSource(source) from error
            raise
        while True:
            (task,) = client.list_message_move_tasks(SourceArn=source)["Results"]
            moved = int(task["ApproximateNumberOfMessagesMoved"])
            if task["Status"] == "COMPLETED":
                return moved
            if task["Status"] not in ("RUNNING", "CANCELLING"):
                raise ValueError(f"{task['Status']} after {moved} messages: {task.get('FailureReason', '')}")
            self._sleep(PAUSE_SECONDS)

    def letters(self, sent_before_ms: int) -> Iterator[Letter]:
        """Receive the letters that were in the queue at this time; a letter that is not deleted appears again later."""
        while messages := self._receive():
            for message in messages:
                if int(message["Attributes"]["SentTimestamp"]) >= sent_before_ms:
                    self._return(message)
                    return
                yield letter_of(message["ReceiptHandle"], msgspec.json.decode(message["Body"]))

    def delete(self, letter: Letter) -> None:
        """Delete a letter whose records are handled."""
        self._client().delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._client().receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=VISIBILITY_SECONDS,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        return list(answer.get("Messages", []))

    def _return(self, message: dict[str, Any]) -> None:
        self._client().change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )

    def _arn(self) -> str:
        answer = self._client().get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])


def letter_of(receipt: str, body: dict[str, Any]) -> Letter:
    """Read a letter of either kind."""
    for name in _BATCH_FIELDS:
        if batch := body.get(name):
            numbers = batch["startSequenceNumber"], batch["endSequenceNumber"]
            return Letter(receipt, batch["streamArn"], batch["shardId"], *numbers)
    number = body["sequenceNumber"]
    # https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html: shardId-000000000006:<sequence number>
    return Letter(receipt, body["eventSourceARN"], body["eventID"].partition(":")[0], number, number)
