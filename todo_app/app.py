"""MyTodoList: its API, and the function that deletes accounts."""

from common.runtime import cold_start  # isort: split

import os
from typing import Any

from chalice.app import Chalice, CognitoUserPoolAuthorizer, SQSEvent
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


cold_start.ready()
