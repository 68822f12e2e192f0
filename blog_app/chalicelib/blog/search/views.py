"""HTTP representations of search results."""

from typing import Annotated

import msgspec
from chalicelib.blog.pages.site import post_path
from chalicelib.blog.posts.model import Slug, Summary, Tags, Title
from chalicelib.blog.posts.views import Url
from chalicelib.blog.search.model import Hit
from msgspec import Meta

from common.values import Timestamp


class SearchQuery(msgspec.Struct, frozen=True):
    """The words of a search."""

    q: Annotated[str, Meta(max_length=200, description="The words to search for.", examples=["canal herons"])] = ""


class FoundPost(msgspec.Struct, rename="camel"):
    """A published post in search results."""

    url: Url
    slug: Slug
    title: Title
    summary: Summary
    tags: Tags
    published_at: Timestamp
    excerpt: Annotated[
        str,
        Meta(
            description="The passage of the text that has the searched words, or the summary.",
            examples=["…three herons stood at the lock and did not look at each other…"],
        ),
    ]


def found_post(site_url: str, hit: Hit) -> FoundPost:
    """Show a post that a search has found, with an absolute URL."""
    result = hit.post
    return FoundPost(
        url=site_url.rstrip("/") + post_path(result.slug),
        slug=result.slug,
        title=result.title,
        summary=result.summary,
        tags=result.tags,
        published_at=result.published_at,
        excerpt=hit.excerpt,
    )
