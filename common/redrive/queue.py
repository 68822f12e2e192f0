"""Dead-letter queues for operators: their messages go back, and letters of Lambda and of functions are read.

Two kinds of letters name records of a stream: Lambda's report of a batch that it has given up
(https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html), and a function's own letter about a
record that it could not read (common/aws/dead_letters.py). A third has the event of an asynchronous invocation
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
"""

import time
from collections.abc import Callable, Iterator, Mapping
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

    stream_arn: str
    shard_id: str
    first: str
    last: str
    # Of one item of a table, in a letter of a function.
    keys: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Invocation:
    """A function that was invoked asynchronously, and the event that it has not handled."""

    function_arn: str
    event: Any


@dataclass(frozen=True)
class QueueMessage:
    """A message of a queue; `sent_at_ms` is in milliseconds since 1970."""

    id: str
    receipt: str
    sent_at_ms: int
    body: str


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

    def messages(self, sent_before_ms: int) -> Iterator[QueueMessage]:
        """Receive what was in the queue at this time; a message that is not deleted appears again later."""
        while received := self._receive():
            for message in received:
                sent_at_ms = int(message["Attributes"]["SentTimestamp"])
                if sent_at_ms >= sent_before_ms:
                    self._return(message)
                    return
                yield QueueMessage(message["MessageId"], message["ReceiptHandle"], sent_at_ms, message["Body"])

    def delete(self, receipt: str) -> None:
        """Delete a message that is handled."""
        self._client().delete_message(QueueUrl=self._url, ReceiptHandle=receipt)

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


def letter_of(text: str) -> Letter | Invocation:
    """Read a letter of any kind."""
    body = msgspec.json.decode(text)
    if "requestPayload" in body:
        return Invocation(body["requestContext"]["functionArn"], body["requestPayload"])
    for name in _BATCH_FIELDS:
        if batch := body.get(name):
            numbers = batch["startSequenceNumber"], batch["endSequenceNumber"]
            return Letter(batch["streamArn"], batch["shardId"], *numbers)
    number = body["sequenceNumber"]
    # https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html: shardId-000000000006:<sequence number>
    return Letter(body["eventSourceARN"], body["eventID"].partition(":")[0], number, number, body.get("keys"))
