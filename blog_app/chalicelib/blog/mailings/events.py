"""Messages of the mail queue: what the function `send_mails` does with each."""

from chalicelib.blog.errors import NotHomeRegion
from chalicelib.blog.mailings.mailings import Mailings
from chalicelib.blog.subscribers.delivery import SecondsLeft
from chalicelib.blog.subscribers.mail_queue import (
    AddressTask,
    MailingTask,
    ShardTask,
    Task,
    WelcomeTask,
    decoded_task,
)
from chalicelib.blog.subscribers.welcome import Welcome


def send_mails(body: str, mailings: Mailings, welcome: Welcome, left: SecondsLeft) -> tuple[str, str]:
    """Do what one message asks for; returns the kind of the task and its outcome, for the log."""
    task = decoded_task(body)
    kind = type(task).__name__
    try:
        return kind, _outcome(task, mailings, welcome, left)
    except NotHomeRegion:
        # The task `move_home` has the new home send what remains.
        return kind, "elsewhere"


def _outcome(task: Task, mailings: Mailings, welcome: Welcome, left: SecondsLeft) -> str:
    match task:
        case WelcomeTask():
            return welcome.send(task.subscriber_id, task.round, left)
        case MailingTask():
            return mailings.begin(task.post_id)
        case ShardTask():
            return mailings.resume(task.post_id, task.shard, left)
        case AddressTask():
            return mailings.send_one(task.post_id, task.subscriber_id, left)
