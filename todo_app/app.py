"""MyTodoList's API: composition root and routes."""

import os
from datetime import UTC, datetime

from chalice.app import Chalice, Response
from chalicelib.todo import views
from chalicelib.todo.configuration import Configuration, configuration
from chalicelib.todo.errors import AccountDeleted, Busy, InvalidTodo, KeyReused
from chalicelib.todo.model import NewTodo
from chalicelib.todo.settings import Settings
from chalicelib.todo.table import TodoTable
from chalicelib.todo.todos import Todos
from chalicelib.todo.views import DEFAULT_LIMIT, PROBLEMS, ListQuery, TodoView, TodoViews

from common import answers, clients, logs
from common.authorizers import UserPoolAuthorizer
from common.cursors import Cursors
from common.idempotency import HEADER, idempotency
from common.routes import Api, Call
from common.settings import load
from common.tokens import PoolVerifier

settings = load(Settings, os.environ)
log = logs.logger("todo")
app = Chalice(app_name="todo", configure_logs=False)
users = UserPoolAuthorizer("users", settings.user_pool_arn)
verifier = PoolVerifier(settings.aws_region, settings.user_pool_id, settings.user_pool_client_id)
api = Api(app, users, verifier, PROBLEMS, log)

todos = Todos(
    TodoTable(lambda: clients.raw_dynamodb(settings.aws_region), settings.table_name), lambda: datetime.now(UTC)
)
view = TodoViews(settings.public_url, Cursors(clients.secret(settings.cursor_secret_name, settings.aws_region)))


@api.route(
    "GET",
    "/todos",
    summary="List to-dos",
    query=ListQuery,
    headers=("If-None-Match",),
    returns={200: list[TodoView], 304: None},
)
def list_todos(call: Call, query: ListQuery) -> Response:
    """All to-dos in the order they were made: at most 100 without `limit`.

    A page may be shorter than `limit`; while there may be more, a `Link` header with `rel="next"` leads on.
    """
    after, filters = view.after(call.owner, query), query.filters()
    etag = views.list_etag(call.owner, todos.list_version(call.owner))
    if unchanged := views.not_modified(call, etag):
        return unchanged
    page = todos.page(call.owner, query.limit or DEFAULT_LIMIT, after, filters)
    link = {"Link": view.link(call.owner, query, page.next_after)} if page.next_after else {}
    return answers.json([view.view(todo) for todo in page.todos], {"ETag": etag, **views.PRIVATE, **link})


@api.route(
    "POST",
    "/todos",
    summary="Add a to-do",
    body=NewTodo,
    headers=(HEADER,),
    returns={201: TodoView},
    raises=(InvalidTodo, KeyReused, AccountDeleted, Busy),
)
def add_todo(call: Call, body: NewTodo) -> Response:
    """With an Idempotency-Key, the same key and body again give the first answer again, for 24 hours."""
    key = idempotency(call.header(HEADER), body)
    todo = todos.add(call.owner, body, key.key, key.fingerprint) if key else todos.add(call.owner, body)
    return view.created(todo)


@api.route("GET", "/config", summary="What a client needs to sign in", returns={200: Configuration}, public=True)
def get_config(call: Call) -> Response:
    """The user pool, its client, the identity pool, the bucket of users' files, and where their services are."""
    return answers.json(configuration(settings), {"Cache-Control": "public, max-age=300"})
