"""The routes of to-dos."""

from chalice.app import Response
from chalicelib.todo.composition import TodoApp
from chalicelib.todo.errors import AccountDeleted, InvalidTodo, KeyReused, TodoNotFound
from chalicelib.todo.todos import views
from chalicelib.todo.todos.model import NewTodo, TodoChange
from chalicelib.todo.todos.views import DEFAULT_LIMIT, ListQuery, TodoId, TodoView, if_match, parse_todo_id

from common.errors import Busy, VersionConflict
from common.http import responses
from common.http.idempotency import HEADER, idempotency
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes
from common.runtime.deadlines import deadline

routes = Routes[TodoApp]()


@routes.route(
    "GET",
    "/todos",
    summary="List to-dos",
    query=ListQuery,
    headers=("If-None-Match",),
    returns={200: ResponseSpec(list[TodoView], ("ETag", "Link")), 304: ResponseSpec(None, ("ETag",))},
    raises=(AccountDeleted,),
)
def list_todos(todo_app: TodoApp, request: ApiRequest, query: ListQuery) -> Response:
    """Returns to-dos in the order in which they were created, at most 100 without `limit`.

    A page can have fewer to-dos than `limit`. The last page is the one without a `Link` header with `rel="next"`.
    """
    after, filters = todo_app.todo_views.position(request.owner, query), query.filters()
    etag = views.list_etag(request.owner, todo_app.todos.list_version(request.owner))
    if unchanged := views.not_modified(request, etag):
        return unchanged
    page = todo_app.todos.page(request.owner, query.limit or DEFAULT_LIMIT, after, filters)
    return todo_app.todo_views.list_response(request, query, etag, page)


@routes.route(
    "POST",
    "/todos",
    summary="Add a to-do",
    body=NewTodo,
    headers=(HEADER,),
    returns={201: ResponseSpec(TodoView, ("ETag", "Location"))},
    raises=(InvalidTodo, KeyReused, AccountDeleted, Busy),
)
def add_todo(todo_app: TodoApp, request: ApiRequest, body: NewTodo) -> Response:
    """Creates a to-do.

    For 24 hours, a request with the same `Idempotency-Key` and the same body returns the to-do that the first one
    created.
    """
    key = idempotency(request.header(HEADER), body)
    arguments = (key.key, key.fingerprint) if key else ()
    return todo_app.todo_views.created_response(todo_app.todos.add(request.owner, body, *arguments))


@routes.route(
    "DELETE", "/todos", summary="Delete all to-dos", returns={204: ResponseSpec()}, raises=(AccountDeleted, Busy)
)
def delete_todos(todo_app: TodoApp, request: ApiRequest) -> Response:
    """Deletes all to-dos, and their files shortly afterwards.

    Responds with 503 when time runs out; repeat the request to continue.
    """
    version = todo_app.folders.remember(request.owner, request.caller.token)
    todo_app.todos.delete_all(request.owner, deadline(request.raw.lambda_context, reserve_seconds=8), version)
    return responses.empty()


@routes.route(
    "GET",
    "/todos/{todo_id}",
    summary="Get a to-do",
    headers=("If-None-Match",),
    returns={200: ResponseSpec(TodoView, ("ETag",)), 304: ResponseSpec(None, ("ETag",))},
    raises=(TodoNotFound,),
)
def get_todo(todo_app: TodoApp, request: ApiRequest, todo_id: TodoId) -> Response:
    """Returns a to-do. The response to another user's to-do is the same as to one that does not exist."""
    return todo_app.todo_views.item_response(request, todo_app.todos.get(request.owner, parse_todo_id(todo_id)))


@routes.route(
    "PATCH",
    "/todos/{todo_id}",
    summary="Change a to-do",
    body=TodoChange,
    headers=("If-Match",),
    returns={200: ResponseSpec(TodoView, ("ETag",))},
    raises=(TodoNotFound, VersionConflict, InvalidTodo, AccountDeleted, Busy),
)
def change_todo(todo_app: TodoApp, request: ApiRequest, todo_id: TodoId, body: TodoChange) -> Response:
    """Changes the fields that are sent. With `If-Match`, only if the to-do still has one of these ETags."""
    todo_app.todo_views.refuse_other_url(todo_id, body)
    todo = todo_app.todos.change(request.owner, parse_todo_id(todo_id), body, if_match(request))
    return todo_app.todo_views.item_response(request, todo)


@routes.route(
    "DELETE",
    "/todos/{todo_id}",
    summary="Delete a to-do",
    headers=("If-Match",),
    returns={204: ResponseSpec()},
    raises=(TodoNotFound, VersionConflict, AccountDeleted, Busy),
)
def delete_todo(todo_app: TodoApp, request: ApiRequest, todo_id: TodoId) -> Response:
    """Deletes a to-do, and its files shortly afterwards.

    With `If-Match`, only if the to-do still has one of these ETags.
    """
    version = todo_app.folders.remember(request.owner, request.caller.token)
    todo_app.todos.delete(request.owner, parse_todo_id(todo_id), if_match(request), version)
    return responses.empty()
