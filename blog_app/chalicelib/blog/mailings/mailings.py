"""Mailing a new post: every confirmed subscriber gets one mail, whatever is retried.

Each shard of the subscribers has a progress, which is written after each page of subscribers. An invocation that is
retried passes some of them a second time, and their marks show that they have their mail.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial

from chalicelib.blog.errors import PostNotFound
from chalicelib.blog.mailings.model import MAILING_SECONDS, ShardProgress
from chalicelib.blog.mailings.ports import ConfirmedSubscribers, CoverPhotos, MailedPosts, MailingStore, MailingTasks
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post
from chalicelib.blog.subscribers.delivery import CLAIM_SECONDS, RESERVE_SECONDS, Delivery, SecondsLeft
from chalicelib.blog.subscribers.mails import Mail
from chalicelib.blog.subscribers.model import SHARDS, Subscriber, shard_of
from chalicelib.blog.subscribers.ports import MailDeferred, MailInFlight, MailUncertain

from common.errors import Busy

# The progress is written after so many subscribers.
PAGE_LENGTH = 25
# The mail service takes no mail, or DynamoDB no mark.
DEFERRED_SECONDS = 60

WriteMail = Callable[[Post, Photo | None, Subscriber], Mail]


class Mailings:
    """Mails posts to confirmed subscribers."""

    def __init__(
        self,
        *,
        posts: MailedPosts,
        photos: CoverPhotos,
        subscribers: ConfirmedSubscribers,
        store: MailingStore,
        tasks: MailingTasks,
        delivery: Delivery,
        write: WriteMail,
        mails_a_second: float,
        now: Callable[[], int],
        require_home: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`mails_a_second` are those of all shards together; `require_home` raises NotHomeRegion elsewhere."""
        self._posts = posts
        self._photos = photos
        self._subscribers = subscribers
        self._store = store
        self._tasks = tasks
        self._delivery = delivery
        self._write = write
        self._interval = SHARDS / mails_a_second
        self._now = now
        self._require_home = require_home
        self._sleep = sleep
        self._clock = clock

    def begin(self, post_id: str) -> str:
        """Begin to mail a post, or resume after it was withdrawn; returns the outcome for the log.

        Raises
        ------
        NotHomeRegion
            The task `move_home` has the new home begin.
        """
        self._require_home()
        if self._mailed(post_id) is None:
            return "withdrawn"
        for shard in range(SHARDS):
            progress = self._store.begin(post_id, shard, self._now())
            if progress.ended_at:
                continue
            if self._subscribers.confirmed(shard, progress.after, 1):
                self._tasks.put_shard(post_id, shard)
            else:
                self._store.advance(progress, progress.ended(self._now()))
        return "begun"

    def resume(self, post_id: str, shard: int, left: SecondsLeft) -> str:
        """Mail a post to the next subscribers of a shard; returns the outcome for the log.

        Before its time is over, it has another invocation go on.

        Parameters
        ----------
        left
            How many seconds the function has left.

        Raises
        ------
        NotHomeRegion
            As for `begin`. The new home passes the subscribers of this page again.
        """
        while True:
            self._require_home()
            progress = self._store.begin(post_id, shard, self._now())
            post = self._mailed(post_id)
            if post is None or progress.ended_at:
                return "withdrawn" if post is None else "ended"
            ids = self._subscribers.confirmed(shard, progress.after, PAGE_LENGTH)
            if not ids or self._now() - progress.started_at > MAILING_SECONDS:
                self._store.advance(progress, progress.ended(self._now()))
                return "ended"
            passed, outcome = self._passed(post, progress, ids, left)
            if not self._store.advance(progress, passed):
                # SQS may deliver a message twice.
                return "overtaken"
            if outcome in ("deferred", "continued"):
                self._tasks.put_shard(post_id, shard, DEFERRED_SECONDS if outcome == "deferred" else 0)
            if outcome:
                return outcome

    def send_one(self, post_id: str, subscriber_id: str, left: SecondsLeft) -> str:
        """Try the mail to one subscriber again; returns the outcome for the log.

        Raises
        ------
        MailInFlight, MailUncertain, MailDeferred, NotHomeRegion, Busy
            As `Delivery.send`.
        """
        self._require_home()
        post = self._mailed(post_id)
        if post is None:
            return "withdrawn"
        outcome = self._sent(post, subscriber_id, partial(self._write, post, self._cover(post)), left)
        if outcome in ("sent", "refused"):
            self._store.count(post_id, shard_of(subscriber_id), outcome)
        return outcome

    def _passed(
        self, post: Post, progress: ShardProgress, ids: Sequence[str], left: SecondsLeft
    ) -> tuple[ShardProgress, str]:
        """Mail a post to a page of subscribers; returns the progress, and the outcome if that is not all of them."""
        write = partial(self._write, post, self._cover(post))
        for subscriber_id in ids:
            if left() < RESERVE_SECONDS:
                return progress, "continued"
            if not self._posts.is_listed(post):
                return progress, "withdrawn"
            started = self._clock()
            try:
                outcome = self._sent(post, subscriber_id, write, left)
            except (MailInFlight, MailUncertain):
                self._tasks.put_address(post.id, subscriber_id, CLAIM_SECONDS + 1)
                outcome = "postponed"
            except (MailDeferred, Busy):
                return progress, "deferred"
            progress = progress.passed(subscriber_id, outcome)
            self._sleep(max(0.0, self._interval - (self._clock() - started)))
        return progress, ""

    def _sent(self, post: Post, subscriber_id: str, write: Callable[[Subscriber], Mail], left: SecondsLeft) -> str:
        # The index of confirmed subscribers is a moment behind.
        subscriber = self._subscribers.get(subscriber_id)
        if subscriber is None or subscriber.state != "confirmed":
            return "passed"
        return self._delivery.send(subscriber, f"post#{post.id}", write, left)

    def _mailed(self, post_id: str) -> Post | None:
        """Return a post as it is now, if subscribers get it."""
        try:
            post = self._posts.get(post_id)
        except PostNotFound:
            return None
        return post if post.is_published and post.is_mailed else None

    def _cover(self, post: Post) -> Photo | None:
        if post.cover_photo_id is None:
            return None
        return self._photos.ready([post.cover_photo_id]).get(post.cover_photo_id)
