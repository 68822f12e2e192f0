"""How posts look over HTTP, and how what a client sends becomes the domain's words."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from chalice.app import Request, Response
from chalicelib.blog import errors
from chalicelib.blog.pages.search import Found
from chalicelib.blog.pages.site import post_path
from chalicelib.blog.posts.model import (
    AuthorName,
    Body,
    Cover,
    Photo,
    PhotoId,
    Post,
    Slug,
    Status,
    Summary,
    Tag,
    Tags,
    Title,
)
from chalicelib.blog.posts.posts import Expected
from chalicelib.blog.posts.slugs import SLUG
from msgspec import Meta

from common.http import etags, forms, responses
from common.http.cursors import Cursors
from common.http.paging import Paged, next_link, position
from common.http.problems import INVALID_FIELD, UNAVAILABLE, ProblemDocument, ProblemType
from common.http.requests import ApiRequest

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
# Changes when the same data would be written differently: then no client may keep what it has.
REPRESENTATION = "1"
PRIVATE = {"Cache-Control": "private, no-store"}
# Publishing invalidates these answers at the edge; should that get lost, they are renewed within the hour.
PUBLIC = {"Cache-Control": "public, max-age=60, s-maxage=3600, stale-while-revalidate=600"}
UNLISTED = {**PRIVATE, "X-Robots-Tag": "noindex"}

PostId = Annotated[str, Meta(pattern=r"^[0-9a-f]{28}(?!\n)$", examples=["019a2f3b7c40a1b2c3d4e5f60718"])]
AnySlug = Annotated[str, Meta(pattern=SLUG, max_length=80, examples=["a-walk-by-the-canal"])]
Secret = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}(?!\n)$", examples=["0123456789abcdef0123456789abcdef"])]
LinkToken = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{32}\.[0-9a-f]{32}(?!\n)$",
        description="From a mail.",
        examples=["0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef"],
    ),
]
Limit = Annotated[int, Meta(ge=1, le=MAX_LIMIT, description="At most so many; 10 if not given.", examples=[5])]
Cursor = Annotated[str, Meta(max_length=1024, description="From a Link header; opaque.", examples=["c2lnbmF0dXJl"])]
Url = Annotated[str, Meta(examples=["https://blog.example/posts/a-walk-by-the-canal/"])]
ApiUrl = Annotated[str, Meta(examples=["https://blog.example/api/author/posts/019a2f3b7c40a1b2c3d4e5f60718"])]
PreviewUrl = Annotated[
    str,
    Meta(
        description="Shows the post to whoever has this link, whatever its status.",
        examples=[
            "https://blog.example/api/previews/019a2f3b7c40a1b2c3d4e5f60718?token=0123456789abcdef0123456789abcdef"
        ],
    ),
]
Timestamp = Annotated[str, Meta(examples=["2026-11-23T08:30:00.000Z"], extra_json_schema={"format": "date-time"})]

PROBLEMS: dict[type[Exception], ProblemType] = {
    errors.InvalidPost: INVALID_FIELD,
    errors.PostNotFound: ProblemType(404, "post-not-found", "There is no such post"),
    errors.HomeElsewhere: ProblemType(503, "home-elsewhere", "Writing is not possible just now"),
    errors.PhotoNotFound: ProblemType(404, "photo-not-found", "There is no such photo"),
    errors.SubscriptionNotFound: ProblemType(404, "subscription-not-found", "There is no such subscription"),
    errors.SlugTaken: ProblemType(409, "slug-taken", "Another post has this address"),
    errors.VersionConflict: ProblemType(412, "version-conflict", "The post was changed in the meantime"),
    errors.TooManyRequests: ProblemType(429, "too-many-requests", "Too many requests"),
    errors.Busy: UNAVAILABLE,
}


class PostCard(msgspec.Struct, rename="camel"):
    """A published post as lists show it."""

    url: Url
    slug: Slug
    title: Title
    summary: Summary
    tags: Tags
    author: AuthorName
    published_at: Timestamp | None
    updated_at: Timestamp


class PhotoSize(msgspec.Struct):
    """A photo in one size and format."""

    url: Annotated[
        str, Meta(examples=["https://blog.example/media/019a2f3b7c40a1b2c3d4e5f60719/0cc175b9c0f1/750.webp"])
    ]
    width: Annotated[int, Meta(examples=[750])]
    height: Annotated[int, Meta(examples=[500])]
    format: Annotated[str, Meta(examples=["webp"])]


class ShownPhoto(msgspec.Struct):
    """A photo of a post; `placeholder` is a picture of a few pixels, as a `data:` address."""

    id: PhotoId
    alt: Annotated[str, Meta(examples=["A lock gate at dusk"])]
    width: Annotated[int, Meta(examples=[3024])]
    height: Annotated[int, Meta(examples=[2016])]
    placeholder: Annotated[str, Meta(examples=["data:image/webp;base64,UklGRg"])]
    renditions: list[PhotoSize]


class PostView(PostCard, rename="camel"):
    """A published post with its text, and the photos that its text and its cover name, as far as they are ready."""

    body_markdown: Body
    cover_photo_id: Cover
    photos: list[ShownPhoto]


class AuthoredPost(msgspec.Struct, rename="camel"):
    """A post as its authors see it."""

    url: ApiUrl
    id: PostId
    slug: Slug
    title: Title
    summary: Summary
    body_markdown: Body
    tags: Tags
    author: AuthorName
    status: Status
    published_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
    version: Annotated[int, Meta(examples=[3])]
    former_slugs: list[Slug]
    page_url: Url
    preview_url: PreviewUrl
    cover_photo_id: Cover


class FoundPost(msgspec.Struct, rename="camel"):
    """A published post as search finds it."""

    url: Url
    slug: Slug
    title: Title
    summary: Summary
    tags: Tags
    published_at: Timestamp


class TagView(msgspec.Struct):
    """A tag and how many published posts have it."""

    tag: Tag
    posts: Annotated[int, Meta(examples=[3])]


class ListQuery(msgspec.Struct, frozen=True):
    """Which published posts a list shows."""

    limit: Limit | None = None
    cursor: Cursor | None = None
    tag: Tag | None = None


class AuthorQuery(msgspec.Struct, frozen=True):
    """Which of all posts a list shows."""

    status: Literal["draft", "scheduled", "published"] | None = None
    limit: Limit | None = None
    cursor: Cursor | None = None


class SearchQuery(msgspec.Struct, frozen=True):
    """What is searched for."""

    q: Annotated[str, Meta(max_length=200, description="Words.", examples=["canal herons"])] = ""


class PreviewQuery(msgspec.Struct, frozen=True):
    """The secret of a preview link."""

    token: Secret


class LinkQuery(msgspec.Struct, frozen=True):
    """The token of a mail's link."""

    token: LinkToken | None = None


class _LinkForm(msgspec.Struct, frozen=True):
    """What a page's button sends; a mail program's one-click POST has other fields."""

    token: LinkToken | None = None


class PostViews:
    """Writes posts as JSON with absolute URLs, ETags and links."""

    def __init__(self, public_url: str, cursors: Cursors) -> None:
        self._site = public_url.rstrip("/")
        self._api = f"{self._site}/api"
        self._cursors = cursors

    def card(self, post: Post) -> PostCard:
        """Show a published post in a list."""
        return PostCard(
            self._site + post_path(post.slug),
            post.slug,
            post.title,
            post.summary,
            post.tags,
            post.author,
            post.published_at,
            post.updated_at,
        )

    def found(self, post: Found) -> FoundPost:
        """Show a post that was found."""
        url = self._site + post_path(post.slug)
        return FoundPost(url, post.slug, post.title, post.summary, post.tags, post.published_at)

    def view(self, post: Post, photos: Mapping[str, Photo]) -> PostView:
        """Show a published post; `photos` are those that it shows."""
        shown = [
            ShownPhoto(one.id, one.alt, one.width, one.height, one.placeholder, sizes(self._site, one))
            for _, one in sorted(photos.items())
        ]
        card = msgspec.structs.asdict(self.card(post))
        return PostView(**card, body_markdown=post.body_markdown, cover_photo_id=post.cover_photo_id, photos=shown)

    def authored(self, post: Post) -> AuthoredPost:
        """Show a post to its authors."""
        return AuthoredPost(
            f"{self._api}/author/posts/{post.id}",
            post.id,
            post.slug,
            post.title,
            post.summary,
            post.body_markdown,
            post.tags,
            post.author,
            post.status,
            post.published_at,
            post.created_at,
            post.updated_at,
            post.version,
            post.former_slugs,
            self._site + post_path(post.slug),
            f"{self._api}/previews/{post.id}?{urlencode({'token': post.preview_token})}",
            post.cover_photo_id,
        )

    def item(self, post: Post, status: int = 200) -> Response:
        """Answer an author with one post."""
        view = self.authored(post)
        location = {"Location": view.url} if status == 201 else {}
        return responses.json(view, {"ETag": item_etag(post), **PRIVATE, **location}, status)

    def moved(self, post: Post) -> Response:
        """Lead from a former slug to the post's own."""
        return responses.empty(301, {"Location": f"{self._api}/posts/{post.slug}", **PUBLIC})

    def link(self, path: str, query: Paged, after: str | None) -> dict[str, str]:
        """Write the Link header that leads to the next page, if there is one."""
        return {} if after is None else next_link(self._cursors, self._api + path, path, query, after)

    def after(self, path: str, query: Paged) -> str | None:
        """Read a cursor.

        Raises
        ------
        Problem
            400: not made by us for this list and these filters.
        """
        return position(self._cursors, path, query)


def sizes(site_url: str, photo: Photo) -> list[PhotoSize]:
    """Write a photo's sizes with absolute URLs."""
    return [PhotoSize(site_url + one.url, one.width, one.height, one.format) for one in photo.renditions]


def public(request: ApiRequest, value: object, headers: dict[str, str] | None = None) -> Response:
    """Answer anybody with what the edge may keep, or 304 if the client has it."""
    content = msgspec.json.encode(value)
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    kept = {"ETag": etag, **PUBLIC, "Vary": "Accept", **(headers or {})}
    wanted = etags.tags(request.header("If-None-Match"), "If-None-Match")
    return responses.empty(304, kept) if etags.matches_weakly(wanted, etag) else responses.json(value, kept)


def item_etag(post: Post) -> str:
    """A post's ETag is its version: ids are never used again."""
    return f'"{REPRESENTATION}.{post.version}"'


def expected(request: ApiRequest) -> Expected | None:
    """Read If-Match as the domain's question whether a post is the one that the client knows."""
    wanted = etags.tags(request.header("If-Match"), "If-Match")
    if wanted is None:
        return None
    return lambda post: etags.matches_strongly(wanted, item_etag(post))


def known(value: str, kind: object) -> str:
    """Let nothing through to the table that cannot be a name in it."""
    try:
        return str(msgspec.convert(value, kind))
    except msgspec.ValidationError as error:
        raise errors.PostNotFound("There is no such post.") from error


def mistyped_address(request: Request, problem: ProblemDocument) -> str | None:
    """Return what a form to subscribe had as its address, if that is the problem; it may be empty."""
    blamed = (problem.status, [error.field for error in problem.errors])
    if blamed != (INVALID_FIELD.status, ["address"]) or not forms.is_form(request.headers.get("content-type")):
        return None
    return forms.fields(request.raw_body).get("address", "")


def sent_token(request: ApiRequest, query: LinkQuery) -> str:
    """Return a link's token, from the address or from a page's form; a mail program's own fields do not matter."""
    if query.token is None and forms.is_form(request.header("Content-Type")):
        return forms.decode(request.raw.raw_body, _LinkForm).token or ""
    return query.token or ""
