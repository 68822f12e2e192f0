"""MyTodoList's API and its queue's function: composition root and routes."""

from common.runtime import cold_start  # isort: split

import os
import time
from datetime import UTC, datetime
from typing import Any

from chalice.app import Chalice, CognitoUserPoolAuthorizer, Response, SQSEvent
from chalicelib.todo.accounts.account_table import AccountTable
from chalicelib.todo.accounts.accounts import AccountDeletion, Accounts
from chalicelib.todo.accounts.cognito import IdentityPool, UserPool
from chalicelib.todo.accounts.deletion_queue import DeletionSqs, received
from chalicelib.todo.accounts.file_bucket import FileBucket
from chalicelib.todo.configuration import Configuration, configuration
from chalicelib.todo.errors import AccountDeleted, InvalidTodo, KeyReused, TodoNotFound
from chalicelib.todo.settings import Settings
from chalicelib.todo.todos import views
from chalicelib.todo.todos.model import NewTodo, TodoChange
from chalicelib.todo.todos.todo_table import TodoTable
from chalicelib.todo.todos.todos import Todos
from chalicelib.todo.todos.views import DEFAULT_LIMIT, PROBLEMS, ListQuery, TodoId, TodoView, TodoViews

from common.aws import clients
from common.errors import Busy, VersionConflict
from common.http import responses
from common.http.api import Api
from common.http.cursors import Cursors
from common.http.idempotency import HEADER, idempotency
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.runtime import batches, logs
from common.runtime.deadlines import deadline
from common.runtime.settings import load

settings = load(Settings, os.environ)
region = settings.aws_region
log = logs.logger("todo")
app = Chalice(app_name="todo", configure_logs=False)
users = CognitoUserPoolAuthorizer("users", [settings.user_pool_arn])
api = Api(app, authorizer=users, errors=PROBLEMS, log=log, title="MyTodoList")

todos = Todos(TodoTable(lambda: clients.raw_dynamodb(region), settings.table_name), lambda: datetime.now(UTC))
view = TodoViews(settings.public_url, Cursors(clients.secret(settings.cursor_secret_arn, region)))

account_items = AccountTable(lambda: clients.raw_dynamodb(region), settings.table_name)
deletions = DeletionSqs(lambda: clients.client("sqs", region), settings.deletion_queue_url)
identity_pool = IdentityPool(
    lambda: clients.public_client("cognito-identity", region),
    settings.identity_pool_id,
    f"cognito-idp.{region}.amazonaws.com/{settings.user_pool_id}",
)
accounts = Accounts(account_items, identity_pool, deletions, lambda: int(time.time()))
account_deletion = AccountDeletion(
    account_items,
    FileBucket(lambda: clients.client("s3", region), settings.bucket_name),
    UserPool(lambda: clients.client("cognito-idp", region), settings.user_pool_id),
    deletions,
    lambda: int(time.time()),
)


@api.route(
    "GET",
    "/todos",
    summary="List to-dos",
    query=ListQuery,
    headers=("If-None-Match",),
    returns={200: ResponseSpec(list[TodoView], ("ETag", "Link")), 304: ResponseSpec(None, ("ETag",))},
    raises=(AccountDeleted,),
)
def list_todos(request: ApiRequest, query: ListQuery) -> Response:
    """All to-dos in the order they were made: at most 100 without `limit`.

    A page may be shorter than `limit`; while there may be more, a `Link` header with `rel="next"` leads on.
    """
    after, filters = view.after(request.owner, query), query.filters()
    etag = views.list_etag(request.owner, todos.list_version(request.owner))
    if unchanged := views.not_modified(request, etag):
        return unchanged
    page = todos.page(request.owner, query.limit or DEFAULT_LIMIT, after, filters)
    link = view.link(request.owner, query, page.next_after)
    return responses.json([view.view(todo) for todo in page.items], {"ETag": etag, **views.PRIVATE, **link})


@api.route(
    "POST",
    "/todos",
    summary="Add a to-do",
    body=NewTodo,
    headers=(HEADER,),
    returns={201: ResponseSpec(TodoView, ("ETag", "Location"))},
    raises=(InvalidTodo, KeyReused, AccountDeleted, Busy),
)
def add_todo(request: ApiRequest, body: NewTodo) -> Response:
    """With an Idempotency-Key, the same key and body again give the first answer again, for 24 hours."""
    key = idempotency(request.header(HEADER), body)
    todo = todos.add(request.owner, body, key.key, key.fingerprint) if key else todos.add(request.owner, body)
    return view.created(todo)


@api.route(
    "DELETE", "/todos", summary="Delete all to-dos", returns={204: ResponseSpec()}, raises=(AccountDeleted, Busy)
)
def delete_todos(request: ApiRequest) -> Response:
    """However many. If there is not enough time for all, the answer is 503 and the same request goes on from there."""
    todos.delete_all(request.owner, deadline(request.raw.lambda_context, reserve_seconds=8))
    return responses.empty()


@api.route(
    "GET",
    "/todos/{todo_id}",
    summary="Get a to-do",
    headers=("If-None-Match",),
    returns={200: ResponseSpec(TodoView, ("ETag",)), 304: ResponseSpec(None, ("ETag",))},
    raises=(TodoNotFound,),
)
def get_todo(request: ApiRequest, todo_id: TodoId) -> Response:
    """One to-do; another user's is as absent as one that never was."""
    return view.item(request, todos.get(request.owner, views.parse_todo_id(todo_id)))


@api.route(
    "PATCH",
    "/todos/{todo_id}",
    summary="Change a to-do",
    body=TodoChange,
    headers=("If-Match",),
    returns={200: ResponseSpec(TodoView, ("ETag",))},
    raises=(TodoNotFound, VersionConflict, InvalidTodo, AccountDeleted, Busy),
)
def change_todo(request: ApiRequest, todo_id: TodoId, body: TodoChange) -> Response:
    """Only the fields that are sent change. With If-Match, only if the to-do is still as the client knows it."""
    view.refuse_other_url(todo_id, body)
    return view.item(request, todos.change(request.owner, views.parse_todo_id(todo_id), body, views.if_match(request)))


@api.route(
    "DELETE",
    "/todos/{todo_id}",
    summary="Delete a to-do",
    headers=("If-Match",),
    returns={204: ResponseSpec()},
    raises=(TodoNotFound, VersionConflict, AccountDeleted, Busy),
)
def delete_todo(request: ApiRequest, todo_id: TodoId) -> Response:
    """With If-Match, only if the to-do is still as the client knows it."""
    todos.delete(request.owner, views.parse_todo_id(todo_id), views.if_match(request))
    return responses.empty()


@api.route(
    "DELETE", "/account", summary="Delete the account", returns={202: ResponseSpec()}, raises=(AccountDeleted, Busy)
)
def request_account_deletion(request: ApiRequest) -> Response:
    """Accepted at once: the account takes no more changes; its to-dos, files and user are deleted shortly after."""
    accounts.request_deletion(request.owner, request.caller.username, request.caller.token)
    return responses.empty(202)


@api.route(
    "GET", "/config", summary="What a client needs to sign in", returns={200: ResponseSpec(Configuration)}, public=True
)
def get_config(request: ApiRequest) -> Response:
    """The user pool, its client, the identity pool, the bucket of users' files, and where their services are."""
    return responses.json(configuration(settings), {"Cache-Control": "public, max-age=300"})


api.refuse_other_methods()


@app.on_sqs_message(queue=settings.deletion_queue_url.rpartition("/")[2], batch_size=1, name="delete_account")
def delete_account(event: SQSEvent) -> dict[str, Any]:
    """Fulfil requests to delete accounts; one that fails stays in the queue and ends as a dead letter."""
    out_of_time = deadline(event.context, reserve_seconds=15)
    return batches.handle_each(
        event.to_dict()["Records"],
        lambda record: account_deletion.fulfil(received(record["body"]), out_of_time),
        log,
    )


cold_start.ready()
