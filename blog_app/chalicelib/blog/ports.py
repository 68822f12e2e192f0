"""What the use cases need from the world outside."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from chalicelib.blog.model import Post, Status

# The search index's key in the site bucket.
SEARCH_INDEX = "search/index.bin"


class Page(msgspec.Struct, frozen=True):
    """Some posts, without their text; `next_after` is the position to go on after, None at the end."""

    posts: list[Post]
    next_after: str | None


class PostStore(Protocol):
    """Keeps posts and their slugs. A slug leads to one post, by its own name or a former one."""

    def get(self, post_id: str) -> Post:
        """Return one post, or raise PostNotFound."""

    def by_slug(self, slug: str) -> Post:
        """Return the post that a slug leads to, or raise PostNotFound."""

    def page(self, status: Status, limit: int, after: str | None, tag: str | None = None) -> Page:
        """Read posts of one status without their text, the newest first."""

    def add(self, post: Post) -> bool:
        """Add a post and take its slug; False if another change was in the way. Raises SlugTaken."""

    def replace(self, old: Post, new: Post) -> bool:
        """Replace a post if it still has the old one's version; False if not. Raises SlugTaken."""

    def delete(self, post: Post) -> bool:
        """Delete a post and let go of its slugs if it still has this version; False if not."""


class Published(Protocol):
    """What publishing reads, and what it remembers between its runs."""

    def published(self) -> list[Post]:
        """Return all published posts in full, the newest first, as they are now."""

    def unfinished(self) -> list[str]:
        """Return the paths that a run that did not end may have changed."""

    def begin(self, paths: Sequence[str]) -> None:
        """Remember that these paths are being changed."""

    def finish(self) -> None:
        """Forget them."""

    def report(self, request: str, changed: Sequence[str]) -> None:
        """Say what a rendering of everything has changed."""


class SiteFiles(Protocol):
    """The bucket that the site is read from."""

    def present(self) -> Mapping[str, str]:
        """Return the ETag of every object."""

    def put(self, key: str, content: bytes) -> None:
        """Write one object with its type and how long it may be kept."""

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; absent ones are no error."""


class Edge(Protocol):
    """The CDN in front of the site."""

    def invalidate(self, paths: Sequence[str]) -> None:
        """Have these paths asked for anew."""
