"""A post: its fields, what an author can send, and how a post changes."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from chalicelib.blog.errors import InvalidPost
from chalicelib.blog.photos.model import PhotoId
from chalicelib.blog.posts.slugs import SLUG, slug_of
from msgspec import UNSET, Meta, UnsetType

from common.values import (
    DATE,
    EMPTY_OR_VISIBLE_LINE,
    FIRST_YEAR,
    LAST_YEAR,
    TEXT,
    TIME,
    VISIBLE_LINE,
    new_id,
    timestamp,
)

MAX_TAGS = 10
MAX_FORMER_SLUGS = 20
# A post with an older date comes from an archive, and subscribers get no mail about it.
MOST_AGE_OF_NEW = timedelta(days=1)

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=VISIBLE_LINE, examples=["A walk along the canal"])]
Summary = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=EMPTY_OR_VISIBLE_LINE,
        description="One or two sentences for lists and search engines.",
        examples=["Herons, mostly."],
    ),
]
Body = Annotated[
    str,
    Meta(
        max_length=50_000,
        pattern=TEXT,
        description="The text as Markdown.",
        examples=["We left *early*.\n\n## The lock"],
    ),
]
Slug = Annotated[
    str,
    Meta(
        max_length=80, pattern=SLUG, description="The post's address below `/posts/`.", examples=["a-walk-by-the-canal"]
    ),
]
Tag = Annotated[str, Meta(max_length=40, pattern=SLUG, examples=["walks"])]
Tags = Annotated[list[Tag], Meta(max_length=MAX_TAGS, description="A tag that is sent twice is kept once.")]
AuthorName = Annotated[str, Meta(max_length=100, pattern=EMPTY_OR_VISIBLE_LINE, examples=["Ada"])]
PublishAt = Annotated[
    str,
    Meta(
        pattern=rf"{DATE}{TIME}(?!\n)$",
        description="An RFC 3339 date-time with an offset. Responses have it in UTC.",
        examples=["2030-12-24T18:00:00Z"],
    ),
]
Cover = Annotated[
    PhotoId | None, Meta(description="The photo at the top of the post and in lists. It is shown when it is ready.")
]
Status = Annotated[Literal["draft", "scheduled", "published"], Meta(examples=["published"])]


class NewPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What an author sends to write a draft."""

    title: Title
    summary: Summary = ""
    body_markdown: Body = ""
    tags: Tags = []
    slug: Slug | None = None
    author: AuthorName = ""
    cover_photo_id: Cover = None


class PostChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The fields of a post that an author changes."""

    title: Title | UnsetType = UNSET
    summary: Summary | UnsetType = UNSET
    body_markdown: Body | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    author: AuthorName | UnsetType = UNSET
    cover_photo_id: Cover | UnsetType = UNSET


class Publication(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """When to publish a post. Without `publishAt`, it is published at once. A past one is the date of an older post."""

    publish_at: PublishAt | None = None


class Post(msgspec.Struct, frozen=True, rename="camel"):
    """A post. Times are RFC 3339 in UTC; `published_at` of a scheduled post is in the future."""

    id: str
    slug: str
    title: str
    summary: str
    body_markdown: str
    tags: list[str]
    author: str
    status: Status
    published_at: str | None
    updated_at: str
    version: int
    cover_photo_id: str | None = None
    former_slugs: list[str] = []
    created_at: str = ""
    preview_token: str = ""
    # When it was first public. This stays when it is scheduled again.
    public_since: str | None = None
    # When its title, summary or text was last changed after it was public.
    revised_at: str | None = None
    # Whether subscribers get a mail about it: it was new when it was first published.
    is_mailed: bool = False

    @property
    def is_published(self) -> bool:
        """Whether readers see it."""
        return self.status == "published"

    @property
    def has_been_public(self) -> bool:
        """Whether its address may be known. Then the address keeps leading to it after a change of slug."""
        return self.public_since is not None or (self.published_at is not None and self.status != "scheduled")

    def changed(self, change: PostChange, at: datetime) -> "Post":
        """Apply a change; returns the same object if nothing changes.

        Raises
        ------
        InvalidPost
            Its slug was changed too many times.
        """
        sent = {name: value for name in CHANGEABLE if (value := getattr(change, name)) is not UNSET}
        if "tags" in sent:
            sent["tags"] = list(dict.fromkeys(sent["tags"]))
        updated = msgspec.structs.replace(self, **sent)
        if updated.slug != self.slug:
            updated = msgspec.structs.replace(updated, former_slugs=self._former_slugs(updated.slug))
        if self.has_been_public and not REVISABLE.isdisjoint(
            name for name, value in sent.items() if value != getattr(self, name)
        ):
            updated = msgspec.structs.replace(updated, revised_at=timestamp(at))
        return self if updated == self else updated.stamped(at)

    def published(self, at: datetime, publish_at: str | None) -> "Post":
        """Publish it at once, or schedule it. A past `publish_at` is its date, unless it was public before."""
        moment = at if publish_at is None else publish_time(publish_at)
        if moment > at:
            return self._with_status("scheduled", timestamp(moment), at)
        if self.status == "published":
            return self
        published = self._with_status("published", self._public_date(at) or timestamp(moment), at)
        is_first = self.public_since is None
        is_new = self.status == "scheduled" or moment > at - MOST_AGE_OF_NEW
        return msgspec.structs.replace(published, is_mailed=self.is_mailed or (is_first and is_new))

    def unpublished(self, at: datetime) -> "Post":
        """Make it a draft again. It keeps the date on which it was public."""
        return self if self.status == "draft" else self._with_status("draft", self._public_date(at), at)

    def with_new_preview_link(self, at: datetime) -> "Post":
        """Replace its preview link."""
        return msgspec.structs.replace(self, preview_token=secrets.token_hex(16)).stamped(at)

    def stamped(self, at: datetime) -> "Post":
        """Return the post as its next version."""
        return msgspec.structs.replace(self, updated_at=timestamp(at), version=self.version + 1)

    def _with_status(self, status: Status, published_at: str | None, at: datetime) -> "Post":
        if (status, published_at) == (self.status, self.published_at):
            return self
        since = published_at if status == "published" else self._public_date(at)
        return msgspec.structs.replace(self, status=status, published_at=published_at, public_since=since).stamped(at)

    def _public_date(self, at: datetime) -> str | None:
        """When it was first public, if it was. A scheduled post keeps this apart from its publishing time."""
        past = self.published_at if self.published_at and self.published_at <= timestamp(at) else None
        return self.public_since or past

    def _former_slugs(self, new: str) -> list[str]:
        former = [slug for slug in self.former_slugs if slug != new]
        if self.has_been_public:
            former.append(self.slug)
        if len(former) > MAX_FORMER_SLUGS:
            raise InvalidPost("slug", f"was changed {MAX_FORMER_SLUGS} times; each former slug still leads here")
        return former


CHANGEABLE = PostChange.__struct_fields__
# What readers call an update of a post.
REVISABLE = frozenset({"title", "summary", "body_markdown"})


def new_post(new: NewPost, at: datetime) -> Post:
    """Make a draft. Its slug is made from its title unless the author chooses one."""
    post_id, made_at = new_id(at), timestamp(at)
    return Post(
        id=post_id,
        slug=new.slug or slug_of(new.title) or f"post-{post_id[-8:]}",
        title=new.title,
        summary=new.summary,
        body_markdown=new.body_markdown,
        tags=list(dict.fromkeys(new.tags)),
        author=new.author,
        cover_photo_id=new.cover_photo_id,
        status="draft",
        published_at=None,
        updated_at=made_at,
        version=1,
        created_at=made_at,
        preview_token=secrets.token_hex(16),
    )


def publish_time(text: str) -> datetime:
    """Parse a `PublishAt`.

    Raises
    ------
    InvalidPost
        The text has the right form, but is not a time, or not one of these years.
    """
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidPost("publishAt", "is not a time that exists") from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InvalidPost("publishAt", f"is not between the years {FIRST_YEAR} and {LAST_YEAR} in UTC")
    return moment
