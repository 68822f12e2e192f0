"""The routes of accounts."""

from chalice.app import Response
from chalicelib.todo.composition import TodoApp
from chalicelib.todo.errors import AccountDeleted

from common.errors import Busy
from common.http import responses
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[TodoApp]()


@routes.route(
    "DELETE", "/account", summary="Delete the account", returns={202: ResponseSpec()}, raises=(AccountDeleted, Busy)
)
def request_account_deletion(todo_app: TodoApp, request: ApiRequest) -> Response:
    """Requests the deletion of the account.

    From now on the account accepts no changes. Its to-dos, files and user are deleted shortly afterwards.
    """
    todo_app.accounts.request_deletion(request.owner, request.caller.username, request.caller.token)
    return responses.empty(202)
