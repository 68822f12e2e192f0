"""HTTP representations of search results."""

from typing import Annotated

import msgspec
from chalicelib.blog.pages.site import post_path
from chalicelib.blog.posts.model import Slug, Summary, Tags, Title
from chalicelib.blog.posts.views import Url
from chalicelib.blog.search.search_index import SearchResult
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


def found_post(site_url: str, result: SearchResult) -> FoundPost:
    """Show a post that a search has found, with an absolute URL."""
    return FoundPost(
        url=site_url.rstrip("/") + post_path(result.slug),
        slug=result.slug,
        title=result.title,
        summary=result.summary,
        tags=result.tags,
        published_at=result.published_at,
    )
