"""Operators' commands of todo_app: `python -m deploy task todo_app NAME`."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# The deploy tool loads this file by its path and knows no app's packages.
sys.path.append(str(Path(__file__).parent))

from chalicelib.todo.composition import Tables
from chalicelib.todo.todos.model import NewTodo, new_todo
from deleted_todos import DeletedTodos
from sync_client.commands import Terminal, api_at
from sync_client.http import Urllib3Http
from sync_client.sign_in import SignIn

from common.redrive.redriving import queue_urls, redrive_named

# The devices of each stage.
LOCAL = Path(__file__).parents[1] / ".local" / "todo"

DEMO = (
    NewTodo(title="Look around: this list was seeded", completed=True, order=1),
    NewTodo(title="Water the plants", order=2, tags=["home"], due="2030-01-06"),
    NewTodo(title="Send the parcel", order=3, tags=["errands"], notes="The label is on the desk."),
)


def seed(context: Any) -> None:
    """Add a few to-dos for every user who has never changed their list; a second time changes nothing."""
    tables = Tables(lambda: context.client("dynamodb"), context.outputs["TableName"])
    for user in _users(context.client("cognito-idp"), context.outputs["UserPoolId"]):
        now = datetime.now(UTC)
        todos = [new_todo(demo, now + timedelta(milliseconds=index)) for index, demo in enumerate(DEMO)]
        tables.todos.add_first(user, todos)


def device(context: Any, name: str, action: str, text: str = "", title: str = "", password: str = "") -> str:
    """Use a device that keeps a copy of the list and works offline: `device phone sign-in USER --password PASSWORD`.

    Then `add TITLE`, `done NUMBER`, `change NUMBER --title TITLE`, `delete NUMBER`, `list`; none of them needs the
    server. `sync` exchanges changes with it. `dismiss` forgets the changes that the server did not apply. Each name is
    a device of its own.
    """
    outputs = context.outputs
    sign_in = SignIn(context.client("cognito-idp"), outputs["UserPoolId"], outputs["UserPoolClientId"])
    terminal = Terminal(LOCAL / context.stage, name, sign_in=sign_in, api=api_at(outputs["PublicUrl"], Urllib3Http()))
    return terminal.run(action, text, title, password)


def redrive(context: Any, queue: str) -> str:
    """Handle again what is in a dead-letter queue, after its cause is mended: `Stream` or `Deletion`.

    `Stream` has deleted to-dos whose files are left, `Deletion` accounts that could not be deleted.
    """
    return redrive_named(queue, queue_urls(context.outputs), context.client, DeletedTodos(context.client))


def _users(client: Any, user_pool_id: str) -> list[str]:
    pages = client.get_paginator("list_users").paginate(UserPoolId=user_pool_id)
    attributes = [user["Attributes"] for page in pages for user in page["Users"]]
    return [pair["Value"] for pairs in attributes for pair in pairs if pair["Name"] == "sub"]
