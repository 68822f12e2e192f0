"""What publishing is told, and what it reports."""

import msgspec
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.posts.model import Post


class PhotoChange(msgspec.Struct, frozen=True):
    """What pages showed of a photo, what they show now, and whether its record was deleted."""

    id: str
    before: Photo | None
    after: Photo | None
    is_deleted: bool


class Change(msgspec.Struct, frozen=True):
    """What a record of the posts' stream says.

    `posts` are a post before and after its change. `published` is the id of a post that has just been published and
    that subscribers get by mail, `request` is the id of a request to render everything.
    """

    posts: list[Post]
    photo: PhotoChange | None
    request: str | None
    published: str | None = None


class ObjectHeaders(msgspec.Struct, frozen=True):
    """The headers with which an object of the site is stored."""

    content_type: str
    cache_control: str


class KindHeaders(msgspec.Struct, frozen=True):
    """The headers of a kind of objects, and since when it has them, in seconds since 1970."""

    headers: ObjectHeaders
    since: int


class StoredObject(msgspec.Struct, frozen=True):
    """What a list of the bucket says of an object; `written_at` is in seconds since 1970."""

    etag: str
    written_at: int


class Difference(msgspec.Struct, frozen=True):
    """The keys of the objects that a run has written and deleted, and of those that it could not render."""

    written: list[str]
    deleted: list[str]
    failed: list[str] = []

    @property
    def keys(self) -> list[str]:
        """The keys of all objects that were changed."""
        return self.written + self.deleted


class Report(msgspec.Struct, frozen=True):
    """The result of rendering everything: how many objects were changed, the first of them, and what failed."""

    changed: int
    first: list[str]
    failed: list[str]
