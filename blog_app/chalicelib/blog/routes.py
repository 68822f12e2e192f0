"""The route that belongs to no subject."""

from chalice.app import Response
from chalicelib.blog.composition import Blog
from chalicelib.blog.configuration import Configuration, configuration

from common.http import responses
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[Blog](public=True)


@routes.route(
    "GET",
    "/config",
    summary="Get the configuration for clients",
    returns={200: ResponseSpec(Configuration)},
)
def get_config(blog: Blog, request: ApiRequest) -> Response:
    """Returns the user pool, its app client and the endpoint of Cognito."""
    return responses.json(configuration(blog.settings), {"Cache-Control": "public, max-age=300"})
