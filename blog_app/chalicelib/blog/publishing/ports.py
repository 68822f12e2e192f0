"""What publishing needs from outside."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post
from chalicelib.blog.publishing.model import KindHeaders, Report, StoredObject


class PublishedPosts(Protocol):
    """The posts that the site shows."""

    def published(self) -> list[Post]:
        """Return all published posts in full, the newest first, as they are now."""


class ReadyPhotos(Protocol):
    """The photos that pages can show."""

    def ready(self, photo_ids: Collection[str]) -> dict[str, Photo]:
        """Return those of these photos that are ready, by id."""


class PublishingNotes(Protocol):
    """What publishing keeps between its runs."""

    def unfinished(self) -> list[str]:
        """Return the paths that an interrupted run may have changed."""

    def begin(self, paths: Sequence[str]) -> None:
        """Note that these paths are being changed."""

    def finish(self) -> None:
        """Delete the note: all paths are invalidated."""

    def report(self, request: str, report: Report) -> None:
        """Write the report that a request to render everything waits for."""

    def headers(self) -> Mapping[str, KindHeaders]:
        """Return the headers by kind of object that were noted last."""

    def note_headers(self, headers: Mapping[str, KindHeaders]) -> None:
        """Note the headers by kind of object."""


class SiteStore(Protocol):
    """The objects of the site."""

    def objects(self) -> Mapping[str, StoredObject]:
        """Return every object, by key."""

    def put(self, key: str, content: bytes) -> None:
        """Write one object with its content type and cache control."""

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; absent ones are not an error."""


class EdgeCache(Protocol):
    """The cache of the CDN in front of the site."""

    def invalidate(self, paths: Sequence[str]) -> None:
        """Remove these paths from the cache."""
