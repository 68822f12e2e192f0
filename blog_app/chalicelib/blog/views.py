"""What the HTTP representations of all subjects share: cache headers, pages of lists, pages of problems."""

import hashlib
from typing import Annotated

import msgspec
from chalice.app import Request, Response
from chalicelib.blog.pages import forms
from chalicelib.blog.pages.site import Site
from chalicelib.blog.subscribers.views import mistyped_address

from common.http import etags, responses
from common.http.cursors import Cursors
from common.http.paging import Paged, next_link, page_size, position
from common.http.problems import ProblemDocument
from common.http.requests import ApiRequest

# The Cognito group of those who may write.
AUTHORS = "authors"
DEFAULT_LIMIT = 10
MAX_LIMIT = 100
PRIVATE = {"Cache-Control": "private, no-store"}
# What viewers are told. The edge keeps these responses longer, by the cache policy in resources.yaml.
PUBLIC = {"Cache-Control": "public, max-age=60, stale-while-revalidate=600"}
UNLISTED = {**PRIVATE, "X-Robots-Tag": "noindex"}

Limit = Annotated[int, page_size("items", default=DEFAULT_LIMIT, maximum=MAX_LIMIT)]


class PageLinks:
    """The links between the pages of lists."""

    def __init__(self, api_url: str, cursors: Cursors) -> None:
        self._api_url = api_url
        self._cursors = cursors

    def after(self, path: str, query: Paged) -> str | None:
        """Return the position after which the requested page starts; None for the first page.

        Raises
        ------
        Problem
            400: the cursor is not one of ours for this list and these filters.
        """
        return position(self._cursors, path, query)

    def next(self, path: str, query: Paged, next_after: str | None) -> dict[str, str]:
        """Return the Link header that leads to the next page; no header on the last page."""
        if next_after is None:
            return {}
        return next_link(self._cursors, url=self._api_url + path, owner=path, query=query, after=next_after)


def cacheable_json(request: ApiRequest, value: object, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON that the edge caches, or with 304 if the client has it."""
    etag = f'"{hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:20]}"'
    all_headers = {"ETag": etag, **PUBLIC, "Vary": "Accept", **(headers or {})}
    if etags.not_modified(request, etag):
        return responses.empty(304, all_headers)
    return responses.json(value, all_headers)


def problem_page(site: Site, request: Request, problem: ProblemDocument) -> str:
    """Write a problem as a page for browsers; for a mistyped mail address, as the form to subscribe."""
    address = mistyped_address(request, problem)
    if address is not None:
        return forms.render_refused(site, address)
    return forms.render_problem(site, problem.title, problem.detail)
