"""HTTP representations of posts, and requests mapped to domain types."""

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from chalice.app import Response
from chalicelib.blog.errors import PostNotFound
from chalicelib.blog.pages.site import post_path
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.photos.views import ShownPhoto, shown_photo
from chalicelib.blog.posts.model import AuthorName, Body, Cover, Post, Slug, Status, Summary, Tag, Tags, Title
from chalicelib.blog.posts.slugs import SLUG
from chalicelib.blog.views import PRIVATE, PUBLIC, Limit
from msgspec import Meta

from common.http import etags, responses
from common.http.paging import Cursor
from common.http.requests import ApiRequest
from common.values import Id, Precondition, Timestamp, parse

# To be changed when the same post is written differently: then no client may keep its copy.
REPRESENTATION = "1"

PostId = Id
AnySlug = Annotated[str, Meta(pattern=SLUG, max_length=80, examples=["a-walk-by-the-canal"])]
Secret = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}(?!\n)$", examples=["0123456789abcdef0123456789abcdef"])]
Url = Annotated[str, Meta(examples=["https://blog.example/posts/a-walk-by-the-canal/"])]
ApiUrl = Annotated[str, Meta(examples=["https://blog.example/api/author/posts/019a2f3b7c40a1b2c3d4e5f60718"])]
PreviewUrl = Annotated[
    str,
    Meta(
        description="Shows the post, whatever its status, to everybody who has this link.",
        examples=[
            "https://blog.example/api/previews/019a2f3b7c40a1b2c3d4e5f60718?token=0123456789abcdef0123456789abcdef"
        ],
    ),
]


class PostCard(msgspec.Struct, rename="camel"):
    """A published post in lists."""

    url: Url
    slug: Slug
    title: Title
    summary: Summary
    tags: Tags
    author: AuthorName
    published_at: Timestamp | None
    updated_at: Timestamp


class PostView(PostCard, rename="camel"):
    """A published post with its text, and with those photos of its text and cover that are ready."""

    body_markdown: Body
    cover_photo_id: Cover
    photos: list[ShownPhoto]


class AuthoredPost(msgspec.Struct, rename="camel"):
    """A post for authors."""

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


class TagView(msgspec.Struct):
    """A tag and the number of published posts that have it."""

    tag: Tag
    posts: Annotated[int, Meta(examples=[3])]


class ListQuery(msgspec.Struct, frozen=True):
    """The published posts that a list shows."""

    limit: Limit | None = None
    cursor: Cursor | None = None
    tag: Tag | None = None


class AuthorQuery(msgspec.Struct, frozen=True):
    """The posts that a list shows to authors."""

    status: Literal["draft", "scheduled", "published"] | None = None
    limit: Limit | None = None
    cursor: Cursor | None = None


class PreviewQuery(msgspec.Struct, frozen=True):
    """The secret of a preview link."""

    token: Secret


class PostViews:
    """Writes posts as JSON with absolute URLs."""

    def __init__(self, public_url: str) -> None:
        self._site = public_url.rstrip("/")
        self._api = f"{self._site}/api"

    def card(self, post: Post) -> PostCard:
        """Show a published post in a list."""
        return PostCard(
            url=self._site + post_path(post.slug),
            slug=post.slug,
            title=post.title,
            summary=post.summary,
            tags=post.tags,
            author=post.author,
            published_at=post.published_at,
            updated_at=post.updated_at,
        )

    def view(self, post: Post, photos: Mapping[str, Photo]) -> PostView:
        """Show a published post; `photos` are those that it shows."""
        return PostView(
            **msgspec.structs.asdict(self.card(post)),
            body_markdown=post.body_markdown,
            cover_photo_id=post.cover_photo_id,
            photos=[shown_photo(self._site, photo) for _, photo in sorted(photos.items())],
        )

    def authored(self, post: Post) -> AuthoredPost:
        """Show a post to its authors."""
        return AuthoredPost(
            url=f"{self._api}/author/posts/{post.id}",
            id=post.id,
            slug=post.slug,
            title=post.title,
            summary=post.summary,
            body_markdown=post.body_markdown,
            tags=post.tags,
            author=post.author,
            status=post.status,
            published_at=post.published_at,
            created_at=post.created_at,
            updated_at=post.updated_at,
            version=post.version,
            former_slugs=post.former_slugs,
            page_url=self._site + post_path(post.slug),
            preview_url=f"{self._api}/previews/{post.id}?{urlencode({'token': post.preview_token})}",
            cover_photo_id=post.cover_photo_id,
        )

    def post_response(self, post: Post, status: int = 200) -> Response:
        """Answer an author with one post."""
        view = self.authored(post)
        location = {"Location": view.url} if status == 201 else {}
        return responses.json(view, {"ETag": etag(post), **PRIVATE, **location}, status)

    def permanent_redirect(self, post: Post) -> Response:
        """Redirect from a former slug to the post's slug."""
        return responses.empty(301, {"Location": f"{self._api}/posts/{post.slug}", **PUBLIC})


def etag(post: Post) -> str:
    """Return a post's ETag, which is its version: ids are never used again."""
    return etags.of_version(REPRESENTATION, post.version)


def if_match(request: ApiRequest) -> Precondition[Post] | None:
    """Read If-Match as a condition on the post; None without the header."""
    return etags.if_match(request, etag)


def parse_post_id(text: str) -> str:
    """Read an id from a path; raise PostNotFound if no post can have it."""
    return parse(text, PostId, PostNotFound("There is no such post."))


def parse_slug(text: str) -> str:
    """Read a slug from a path; raise PostNotFound if no post can have it."""
    return parse(text, AnySlug, PostNotFound("There is no such post."))
