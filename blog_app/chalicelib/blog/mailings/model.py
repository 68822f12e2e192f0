"""A mailing: one post, and how far it has come in each shard of the subscribers."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from chalicelib.blog.posts.model import Post
from chalicelib.blog.subscribers.model import SHARDS

# A mail that is older than this is about no new post. It also ends a mailing that SES's quota holds up.
MAILING_SECONDS = 7 * 24 * 3600

MailingStatus = Literal["none", "sending", "stopped", "done"]


class ShardProgress(msgspec.Struct, frozen=True):
    """How far a mailing has come in one shard: it has passed all subscribers up to `after`, in the order of their ids.

    Times are in seconds since 1970; `ended_at` is 0 until it has passed all.
    """

    post_id: str
    shard: int
    started_at: int
    after: str = ""
    sent: int = 0
    refused: int = 0
    ended_at: int = 0

    def passed(self, subscriber_id: str, outcome: str) -> "ShardProgress":
        """Return the progress after one more subscriber, who got a mail if the outcome is `sent`."""
        return msgspec.structs.replace(
            self,
            after=subscriber_id,
            sent=self.sent + (outcome == "sent"),
            refused=self.refused + (outcome == "refused"),
        )

    def ended(self, now: int) -> "ShardProgress":
        """Return the progress of a shard in which no more mails are sent."""
        return msgspec.structs.replace(self, ended_at=now)


class Mailing(msgspec.Struct, frozen=True):
    """What authors see of a mailing."""

    status: MailingStatus
    sent: int
    refused: int
    started_at: int
    ended_at: int


def mailing_of(post: Post, shards: Sequence[ShardProgress]) -> Mailing:
    """Sum up the shards of a post's mailing."""
    return Mailing(
        status=_status(post, shards),
        sent=sum(one.sent for one in shards),
        refused=sum(one.refused for one in shards),
        started_at=min((one.started_at for one in shards), default=0),
        ended_at=max(one.ended_at for one in shards) if _are_ended(shards) else 0,
    )


def _status(post: Post, shards: Sequence[ShardProgress]) -> MailingStatus:
    if _are_ended(shards):
        return "done"
    if post.is_published and post.is_mailed:
        return "sending"
    return "stopped" if shards else "none"


def _are_ended(shards: Sequence[ShardProgress]) -> bool:
    return len(shards) == SHARDS and all(one.ended_at for one in shards)
