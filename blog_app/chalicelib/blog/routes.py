"""The routes that belong to no subject."""

from chalice.app import Response
from chalicelib.blog.composition import Blog
from chalicelib.blog.configuration import Configuration, configuration
from chalicelib.blog.errors import NotHomeRegion
from chalicelib.blog.pages import forms
from chalicelib.blog.views import PRIVATE

from common.http import responses
from common.http.client_address import accepts_html
from common.http.operations import ResponseSpec
from common.http.problems import UNAVAILABLE, Problem, ProblemDocument
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[Blog](public=True)
_AWAY = "The region that stores changes does not respond. You can read the blog; please try again later."


@routes.route(
    "GET",
    "/config",
    summary="Get the configuration for clients",
    returns={200: ResponseSpec(Configuration)},
)
def get_config(blog: Blog, request: ApiRequest) -> Response:
    """Returns the user pool, its app client and the endpoint of Cognito."""
    return responses.json(configuration(blog.settings), {"Cache-Control": "public, max-age=300"})


@routes.route(
    "GET",
    "/unavailable",
    summary="Get the response to requests that the home region does not answer",
    returns={200: ResponseSpec(ProblemDocument, ("Retry-After",), html=True)},
)
def get_unavailable(blog: Blog, request: ApiRequest) -> Response:
    """Returns what the distribution responds with, with the status 503, when the home region cannot be reached.

    A distribution fetches the page for an error from one of its own addresses, and changes the status.
    """
    headers = {"Retry-After": str(NotHomeRegion.retry_after_seconds), **PRIVATE}
    if accepts_html(request.raw):
        return responses.html(forms.render_unavailable(blog.site, _AWAY), headers)
    response = Problem(UNAVAILABLE, _AWAY, headers=headers).response(request.request_id)
    response.status_code = 200
    return response
