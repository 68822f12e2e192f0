"""The queue of mails that are sent later: SQS messages, which the function `send_mails` gets."""

from collections.abc import Callable
from typing import Any

import msgspec


class WelcomeTask(msgspec.Struct, frozen=True, tag="welcome", rename="camel"):
    """Try a subscriber's welcome mail again."""

    subscriber_id: str
    round: int


class MailingTask(msgspec.Struct, frozen=True, tag="mailing", rename="camel"):
    """Begin to mail a post, or resume."""

    post_id: str


class ShardTask(msgspec.Struct, frozen=True, tag="shard", rename="camel"):
    """Mail a post to the next subscribers of a shard."""

    post_id: str
    shard: int


class AddressTask(msgspec.Struct, frozen=True, tag="address", rename="camel"):
    """Try the mail about a post to one subscriber again."""

    post_id: str
    subscriber_id: str


Task = WelcomeTask | MailingTask | ShardTask | AddressTask
_decoder: msgspec.json.Decoder[Task] = msgspec.json.Decoder(Task)


class MailQueue:
    """The LateMails, and the MailingTasks, in one SQS queue."""

    def __init__(self, client: Callable[[], Any], url: str) -> None:
        self._client = client
        self._url = url

    def put_welcome(self, subscriber_id: str, number: int, delay_seconds: int) -> None:
        """Send one message."""
        self._put(WelcomeTask(subscriber_id, number), delay_seconds)

    def put_mailing(self, post_id: str) -> None:
        """Send one message."""
        self._put(MailingTask(post_id))

    def put_shard(self, post_id: str, shard: int, delay_seconds: int = 0) -> None:
        """Send one message."""
        self._put(ShardTask(post_id, shard), delay_seconds)

    def put_address(self, post_id: str, subscriber_id: str, delay_seconds: int) -> None:
        """Send one message."""
        self._put(AddressTask(post_id, subscriber_id), delay_seconds)

    def _put(self, task: Task, delay_seconds: int = 0) -> None:
        body = msgspec.json.encode(task).decode()
        self._client().send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_seconds)


def decoded_task(body: str) -> Task:
    """Read a message."""
    return _decoder.decode(body)
