"""The route of search, for readers."""

from chalice.app import Response
from chalicelib.blog.composition import Blog
from chalicelib.blog.pages import forms
from chalicelib.blog.search.model import Found
from chalicelib.blog.search.search_index import search
from chalicelib.blog.search.views import FoundPost, SearchQuery, found_post
from chalicelib.blog.views import PUBLIC, cacheable_json

from common.http import responses
from common.http.client_address import accepts_html
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[Blog](public=True)


@routes.route(
    "GET",
    "/search",
    summary="Search published posts",
    query=SearchQuery,
    ignores_unknown_parameters=True,
    headers=("If-None-Match",),
    returns={200: ResponseSpec(list[FoundPost], html=True), 304: ResponseSpec(None, ("ETag",))},
)
def search_posts(blog: Blog, request: ApiRequest, query: SearchQuery) -> Response:
    """Returns the posts that have all words of `q` in title, tags, summary or text, as a page if a browser asks.

    A word that no post has stands for the word that is one letter away from it, if there is one.
    """
    index = blog.search_index.read()
    found = search(index, query.q) if index else Found([])
    if not accepts_html(request.raw):
        return cacheable_json(request, [found_post(blog.site.url, hit) for hit in found.hits])
    return responses.html(forms.render_search(blog.site, query.q, found), {"Vary": "Accept", **PUBLIC})
