"""The routes of sync."""

from chalice.app import Response
from chalicelib.todo.composition import TodoApp
from chalicelib.todo.errors import AccountDeleted, ChangesExpired
from chalicelib.todo.sync.model import Deletion, SentChanges
from chalicelib.todo.sync.views import (
    CACHED_SECONDS,
    HEADERS,
    ChangesQuery,
    ChangesView,
    OutcomesView,
    changes_view,
    outcome_view,
)

from common.errors import Busy
from common.http import responses
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes
from common.runtime.deadlines import deadline

routes = Routes[TodoApp]()


@routes.route(
    "GET",
    "/changes",
    summary="Read what has changed",
    query=ChangesQuery,
    returns={200: ResponseSpec(ChangesView)},
    raises=(AccountDeleted, ChangesExpired),
    cached_seconds=CACHED_SECONDS,
)
def read_changes(todo_app: TodoApp, request: ApiRequest, query: ChangesQuery) -> Response:
    """Returns what has changed since a version of the list; without `since`, only the list's version.

    Responds with 410 `changes-expired` to a device that was away for more than 30 days. It starts over: it reads the
    list's version, then all to-dos, and goes on from that version. `atLeast` is a version that the device knows to
    exist. With it a response that was cached before that version is not used.
    """
    changes = todo_app.sync.changes(request.owner, query.since, query.at_least or 0)
    return responses.json(changes_view(todo_app.todo_views, changes), HEADERS)


@routes.route(
    "POST",
    "/changes",
    summary="Send changes",
    body=SentChanges,
    returns={200: ResponseSpec(OutcomesView)},
    raises=(AccountDeleted, Busy),
)
def send_changes(todo_app: TodoApp, request: ApiRequest, body: SentChanges) -> Response:
    """Applies changes that a device made while it was offline, in their order, each by itself.

    A change that cannot be applied has the problem that the route for one to-do responds with; it does not stop the
    others. A key is remembered for 30 days, and the same change with the same key is applied once. Without `ifVersion`
    the change that arrives last wins, field by field, and a deletion wins over any change.
    """
    has_deletion = any(isinstance(change, Deletion) for change in body.changes)
    version = todo_app.folders.remember(request.owner, request.caller.token) if has_deletion else None
    out_of_time = deadline(request.raw.lambda_context, reserve_seconds=8)
    applied = todo_app.sync.apply(request.owner, body.changes, out_of_time, version)
    views = [outcome_view(outcome) for outcome in applied.outcomes]
    return responses.json(OutcomesView(applied.version, views), HEADERS)
