"""What mailings need from outside."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.blog.mailings.model import ShardProgress
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post
from chalicelib.blog.subscribers.ports import Subscribers


class MailedPosts(Protocol):
    """The posts as they are now."""

    def get(self, post_id: str) -> Post:
        """Return one post, or raise PostNotFound."""

    def is_listed(self, post: Post) -> bool:
        """Whether a post is still in the list of published posts."""


class CoverPhotos(Protocol):
    """The photos that mails show."""

    def ready(self, photo_ids: Sequence[str]) -> dict[str, Photo]:
        """Return those of these photos that are ready, by id."""


class ConfirmedSubscribers(Subscribers, Protocol):
    """The subscribers who get new posts."""

    def confirmed(self, shard: int, after: str, limit: int) -> list[str]:
        """Return the ids of a shard's confirmed subscribers that follow `after`, in order."""


class MailingStore(Protocol):
    """Keeps the progress of mailings."""

    def shards(self, post_id: str) -> list[ShardProgress]:
        """Return the progress of a post's mailing in those shards in which it has begun."""

    def begin(self, post_id: str, shard: int, now: int) -> ShardProgress:
        """Return the progress in a shard. If the mailing has not begun there, it begins."""

    def advance(self, old: ShardProgress, new: ShardProgress) -> bool:
        """Write the progress, and add to its counts, if the old one is still where it was; False if not."""

    def count(self, post_id: str, shard: int, outcome: str) -> None:
        """Count the mail to one subscriber whom the mailing has passed."""


class MailingTasks(Protocol):
    """What is to be done later, each by an invocation of its own."""

    def put_mailing(self, post_id: str) -> None:
        """Begin to mail a post, or resume."""

    def put_shard(self, post_id: str, shard: int, delay_seconds: int = 0) -> None:
        """Go on in one shard."""

    def put_address(self, post_id: str, subscriber_id: str, delay_seconds: int) -> None:
        """Try one subscriber again."""
