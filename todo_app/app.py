"""MyTodoList: its API, and the functions that delete accounts and the files of to-dos."""

from common.runtime import cold_start  # isort: split

import os
from typing import Any

from chalice.app import Chalice, CognitoUserPoolAuthorizer, DynamoDBEvent, SQSEvent
from chalicelib.todo.accounts.deletion_queue import deletion_request
from chalicelib.todo.accounts.routes import routes as account_routes
from chalicelib.todo.composition import TodoApp
from chalicelib.todo.problems import PROBLEMS
from chalicelib.todo.routes import routes as public_routes
from chalicelib.todo.settings import Settings
from chalicelib.todo.sync.routes import routes as sync_routes
from chalicelib.todo.todos.routes import routes as todo_routes

from common.http.api import Api
from common.runtime import batches, logs
from common.runtime.deadlines import deadline
from common.runtime.settings import load

settings = load(Settings, os.environ)
log = logs.logger("todo")
app = Chalice(app_name="todo", configure_logs=False)
users = CognitoUserPoolAuthorizer("users", [settings.user_pool_arn])
todo_app = TodoApp(settings)

api = Api(app, authorizer=users, errors=PROBLEMS, log=log, title="MyTodoList")
api.include(todo_routes, todo_app)
api.include(sync_routes, todo_app)
api.include(account_routes, todo_app)
api.include(public_routes, todo_app)
api.refuse_other_methods()


@app.on_sqs_message(queue=settings.deletion_queue_url.rpartition("/")[2], batch_size=1, name="delete_account")
def delete_account(event: SQSEvent) -> dict[str, Any]:
    """Fulfil requests to delete accounts; one that keeps failing goes to the dead-letter queue."""
    out_of_time = deadline(event.context, reserve_seconds=15)

    def fulfil(record: batches.Record) -> None:
        todo_app.account_deletion.fulfil(deletion_request(record["body"]), out_of_time)

    return batches.handle_each(event.to_dict()["Records"], fulfil, log)


@app.on_dynamodb_record(
    stream_arn=settings.table_stream_arn, batch_size=100, starting_position="TRIM_HORIZON", name="delete_files"
)
def delete_files(event: DynamoDBEvent) -> dict[str, Any]:
    """Delete the files of to-dos that are deleted; stages.yaml has the filter of the stream's records."""
    from chalicelib.todo.files import events  # noqa: PLC0415 - the API deletes no files

    batch = batches.Batch(event.to_dict()["Records"], log, todo_app.dead_letters)
    events.delete_files(batch, todo_app.todo_files, deadline(event.context, reserve_seconds=25), log)
    return batch.response()


cold_start.ready()
