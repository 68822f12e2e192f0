"""What the use cases need from the world outside."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Protocol

import msgspec
from chalicelib.blog.posts.model import Photo, PhotoRecord, Post, Rendition, Status
from msgspec import Meta

# The search index's key in the site bucket.
SEARCH_INDEX = "search/index.bin"
# What S3 tells of: files that authors send, and announcements of what was made of them.
UPLOADS, CATALOGUE = "uploads/", "catalogue/"
_PHOTO_ID = re.compile(r"[0-9a-f]{28}")


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


class Report(msgspec.Struct, frozen=True):
    """What a rendering of everything came to: how many objects it changed, the first of them, and what failed."""

    changed: int
    first: list[str]
    failed: list[str]


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

    def report(self, request: str, report: Report) -> None:
        """Say what a rendering of everything has changed."""


class ReadyPhotos(Protocol):
    """The photos that pages can show."""

    def ready(self, photo_ids: Collection[str]) -> dict[str, Photo]:
        """Return those of these photos that are ready, by id."""


class Copies(Protocol):
    """The media of photos that were made in another region."""

    def bring(self, photo_id: str, photo: Photo | None) -> None:
        """Have here exactly the files that a photo shows."""

    def forget(self, photo_id: str) -> None:
        """Have nothing here of a photo that was deleted."""


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


class DeadLetters(Protocol):
    """Where records go that can never be handled."""

    def put(self, record: Mapping[str, Any], reason: str) -> None:
        """Keep which record it was, and why."""


class PhotoPage(msgspec.Struct, frozen=True):
    """Some photos; `next_after` is the position to go on after, None at the end."""

    photos: list[PhotoRecord]
    next_after: str | None


class Uploaded(msgspec.Struct, frozen=True):
    """A file as an author sent it; `etag` tells it from an earlier one of the same photo, `version` in short."""

    version: str
    etag: str
    content: bytes


class Form(msgspec.Struct, frozen=True):
    """Where and how a file is sent: a form of `fields`, and as its last the field `file`."""

    url: Annotated[str, Meta(examples=["https://uploads.s3.us-east-1.amazonaws.com/"])]
    fields: Annotated[dict[str, str], Meta(examples=[{"key": "uploads/019a2f3b7c40a1b2c3d4e5f60718"}])]


class PhotoStore(Protocol):
    """Keeps what is known of photos. Writing raises HomeElsewhere in a region that is not home, and may raise Busy."""

    def find(self, photo_id: str) -> PhotoRecord | None:
        """Return one photo's record."""

    def page(self, limit: int, after: str | None) -> PhotoPage:
        """Read records, the newest first."""

    def add(self, record: PhotoRecord) -> None:
        """Add a record."""

    def replace(self, old: PhotoRecord, new: PhotoRecord) -> bool:
        """Write a record if the old one is still there as it was; False if not."""

    def delete(self, photo_id: str) -> None:
        """Forget a photo; one that is not known is no error."""


class Uploads(Protocol):
    """The files that authors send."""

    def form(self, photo_id: str, content_type: str, seconds: int) -> Form:
        """Return the form by which one file may be sent for so long."""

    def version(self, photo_id: str) -> str | None:
        """Return the version of a photo's file; None if there is none."""

    def read(self, key: str, most: int) -> Uploaded | None:
        """Return a file's first `most` bytes; None if there is none."""

    def quarantine(self, key: str, etag: str | None = None) -> bool:
        """Put a file aside; False if there is none, or by now another than `etag`."""

    def delete(self, photo_id: str) -> None:
        """Delete a photo's file; an absent one is no error."""


class Media(Protocol):
    """The files that were made of photos."""

    def put(self, photo_id: str, version: str, name: str, content: bytes) -> str:
        """Write one file; returns its path on the site."""

    def announce(
        self, photo_id: str, version: str, width: int, height: int, placeholder: str, renditions: Sequence[Rendition]
    ) -> None:
        """Say that all files of a version are there."""

    def announced(self, photo_id: str, version: str) -> Photo | None:
        """Return what was announced of a version, without alternative text."""

    def names(self, photo_id: str) -> list[str]:
        """Name everything that is there of a photo."""

    def delete(self, names: Sequence[str], photo_id: str, but: str | None = None) -> None:
        """Delete these of a photo's files, but what belongs to one version."""


def photo_id_of(key: str, folder: str = UPLOADS) -> str | None:
    """Return the id of the photo that an object below `folder` belongs to; None if it is not one of ours."""
    name = key.removeprefix(folder).partition("/")[0] if folder == CATALOGUE else key.removeprefix(folder)
    return name if key.startswith(folder) and _PHOTO_ID.fullmatch(name) else None
