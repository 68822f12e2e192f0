"""The use cases of posts, for authors and readers."""

import hmac
import time
from collections.abc import Callable
from datetime import datetime

import msgspec
from chalicelib.blog.errors import InvalidPost, PostNotFound, SlugTaken
from chalicelib.blog.posts.model import NewPost, Post, PostChange, Status, new_post
from chalicelib.blog.posts.ports import PostStore
from chalicelib.blog.posts.slugs import RESERVED, numbered

from common.aws.backoff import attempts
from common.errors import Busy, VersionConflict
from common.values import Page, Precondition, timestamp

# So many numbers are tried after a title's slug, and then the post's own id.
NUMBERED = 9


class Posts:
    """Everything that authors and readers do with posts."""

    def __init__(
        self,
        store: PostStore,
        now: Callable[[], datetime],
        check: Callable[[Post], None] = lambda post: None,
        has_photo: Callable[[str], bool] = lambda photo_id: True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`check` raises InvalidPost for a post that cannot be rendered; `has_photo` tells whether a photo exists."""
        self._store = store
        self._check = check
        self._has_photo = has_photo
        self._now = now
        self._sleep = sleep

    def page(self, status: Status, limit: int, after: str | None, tag: str | None = None) -> Page[Post]:
        """Return posts of one status, the newest first."""
        return self._store.page(status, limit, after, tag)

    def get(self, post_id: str) -> Post:
        """Return one post, whatever its status.

        Raises
        ------
        PostNotFound
        """
        return self._store.get(post_id)

    def public(self, slug: str) -> Post:
        """Return the published post that a slug leads to; the post may have another slug now.

        Raises
        ------
        PostNotFound
        """
        post = self._store.by_slug(slug)
        if not post.is_published:
            raise PostNotFound("There is no such post.")
        return post

    def tags(self) -> dict[str, int]:
        """Count the published posts of each tag."""
        counts: dict[str, int] = {}
        after: str | None = None
        while True:
            page = self._store.page("published", 1000, after)
            for tag in (tag for post in page.items for tag in post.tags):
                counts[tag] = counts.get(tag, 0) + 1
            if (after := page.next_after) is None:
                return dict(sorted(counts.items()))

    def add(self, new: NewPost) -> Post:
        """Add a draft. A slug that is made from the title gets a number if it is taken.

        Raises
        ------
        SlugTaken, InvalidPost, Busy
        """
        _refuse_reserved(new.slug)
        self._require_photo(new.cover_photo_id)
        post = new_post(new, self._now())
        if new.slug:
            return self._added(post)
        for slug in _candidates(post):
            try:
                return self._added(_with_slug(post, slug))
            except SlugTaken:
                continue
        raise Busy("No free slug was found for this title; choose one.")

    def change(self, post_id: str, change: PostChange, if_match: Precondition[Post] | None = None) -> Post:
        """Apply a partial change to one post.

        Raises
        ------
        PostNotFound, VersionConflict, SlugTaken, InvalidPost, Busy
        """
        _refuse_reserved(change.slug if isinstance(change.slug, str) else None)
        self._require_photo(change.cover_photo_id if isinstance(change.cover_photo_id, str) else None)
        return self._replaced(post_id, lambda post, now: post.changed(change, now), if_match)

    def publish(self, post_id: str, publish_at: str | None, if_match: Precondition[Post] | None = None) -> Post:
        """Publish a post, at once or when its time comes.

        Raises
        ------
        PostNotFound, VersionConflict, InvalidPost, Busy
        """
        return self._replaced(post_id, lambda post, now: post.published(now, publish_at), if_match)

    def unpublish(self, post_id: str, if_match: Precondition[Post] | None = None) -> Post:
        """Make a post a draft again.

        Raises
        ------
        PostNotFound, VersionConflict, Busy
        """
        return self._replaced(post_id, lambda post, now: post.unpublished(now), if_match)

    def delete(self, post_id: str, if_match: Precondition[Post] | None = None) -> None:
        """Delete a post; its slugs are free again.

        Raises
        ------
        PostNotFound, VersionConflict, Busy
        """
        for _ in attempts(self._sleep):
            if self._store.delete(self._matching(post_id, if_match)):
                return
        raise Busy("Others are changing this post.")

    def preview(self, post_id: str, token: str) -> Post:
        """Return the post that a preview link is for.

        Raises
        ------
        PostNotFound
            There is none, or the token is not that of its preview link.
        """
        post = self._store.get(post_id)
        if not hmac.compare_digest(post.preview_token, token):
            raise PostNotFound("There is no such post.")
        return post

    def replace_preview_link(self, post_id: str, if_match: Precondition[Post] | None = None) -> Post:
        """Replace a post's preview link.

        Raises
        ------
        PostNotFound, VersionConflict, Busy
        """
        return self._replaced(post_id, lambda post, now: post.with_new_preview_link(now), if_match)

    def publish_due(self) -> list[str]:
        """Publish every scheduled post whose time has come; returns their ids. The next call publishes what remains."""
        now, published = timestamp(self._now()), []
        after: str | None = None
        while True:
            page = self._store.page("scheduled", 100, after)
            for post in page.items:
                if (post.published_at or "") <= now and self._publish_if_due(post.id, now):
                    published.append(post.id)
            if (after := page.next_after) is None:
                return published

    def _require_photo(self, photo_id: str | None) -> None:
        """Check a cover when it is sent. If the photo is deleted later, the post has no cover."""
        if photo_id is not None and not self._has_photo(photo_id):
            raise InvalidPost("coverPhotoId", "is not the id of a photo of this blog")

    def _publish_if_due(self, post_id: str, now: str) -> bool:
        def due(post: Post) -> bool:
            return post.status == "scheduled" and (post.published_at or "") <= now

        try:
            self.publish(post_id, None, due)
        except (PostNotFound, VersionConflict, Busy):
            # Its author has changed it meanwhile, or is changing it. That does not hold up the others.
            return False
        return True

    def _added(self, post: Post) -> Post:
        for _ in attempts(self._sleep):
            if self._store.add(post):
                return post
        raise Busy("Too many changes at once.")

    def _replaced(
        self, post_id: str, change: Callable[[Post, datetime], Post], if_match: Precondition[Post] | None
    ) -> Post:
        for _ in attempts(self._sleep):
            old = self._matching(post_id, if_match)
            new = change(old, self._now())
            if new is not old and new.status != "draft":
                self._check(new)
            if new is old or self._store.replace(old, new):
                return new
        raise Busy("Others are changing this post.")

    def _matching(self, post_id: str, if_match: Precondition[Post] | None) -> Post:
        post = self._store.get(post_id)
        if if_match is not None and not if_match(post):
            raise VersionConflict("The post was changed since it was read.")
        return post


def _candidates(post: Post) -> list[str]:
    own = [] if post.slug in RESERVED else [post.slug]
    return [*own, *(numbered(post.slug, number) for number in range(2, 2 + NUMBERED)), f"post-{post.id[-8:]}"]


def _with_slug(post: Post, slug: str) -> Post:
    return msgspec.structs.replace(post, slug=slug)


def _refuse_reserved(slug: str | None) -> None:
    if slug in RESERVED:
        raise InvalidPost("slug", "is reserved for the site's own addresses")
