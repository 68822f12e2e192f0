"""The routes that need no token."""

from chalice.app import Response
from chalicelib.todo.composition import TodoApp
from chalicelib.todo.configuration import Configuration, configuration

from common.http import responses
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[TodoApp](public=True)


@routes.route("GET", "/config", summary="Get the configuration for clients", returns={200: ResponseSpec(Configuration)})
def get_config(todo_app: TodoApp, request: ApiRequest) -> Response:
    """Returns the names and endpoints of the user pool, the identity pool, the bucket of users' files and the table."""
    return responses.json(configuration(todo_app.settings), {"Cache-Control": "public, max-age=300"})
