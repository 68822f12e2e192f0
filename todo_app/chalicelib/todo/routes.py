"""The routes that need no token."""

from chalice.app import Response
from chalicelib.todo.composition import TodoApp
from chalicelib.todo.configuration import Configuration, configuration

from common.http import responses
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[TodoApp](public=True)


@routes.route("GET", "/config", summary="What a client needs to sign in", returns={200: ResponseSpec(Configuration)})
def get_config(todo_app: TodoApp, request: ApiRequest) -> Response:
    """The user pool, its client, the identity pool, the bucket of users' files, and where their services are."""
    return responses.json(configuration(todo_app.settings), {"Cache-Control": "public, max-age=300"})
