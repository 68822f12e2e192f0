"""Operators' commands of todo_app: `python -m deploy task todo_app NAME`."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# The deploy tool loads this file by its path and knows no app's packages.
sys.path.append(str(Path(__file__).parent))

from chalicelib.todo.todos import todo_items
from chalicelib.todo.todos.model import NewTodo, new_todo
from chalicelib.todo.todos.todo_items import TODO_PREFIX, VERSION_KEY, primary_key

DEMO = (
    NewTodo(title="Look around: this list was seeded", completed=True, order=1),
    NewTodo(title="Water the plants", order=2, tags=["home"], due="2030-01-06"),
    NewTodo(title="Send the parcel", order=3, tags=["errands"], notes="The label is on the desk."),
)


def seed(context: Any) -> None:
    """Give every user who never changed their list a few to-dos; again, it changes nothing."""
    for user in _users(context.client("cognito-idp"), context.outputs["UserPoolId"]):
        _seed_one(context.client("dynamodb"), context.outputs["TableName"], user)


def _users(client: Any, user_pool_id: str) -> list[str]:
    pages = client.get_paginator("list_users").paginate(UserPoolId=user_pool_id)
    attributes = [user["Attributes"] for page in pages for user in page["Users"]]
    return [pair["Value"] for pairs in attributes for pair in pairs if pair["Name"] == "sub"]


def _seed_one(client: Any, table: str, owner: str) -> None:
    now = datetime.now(UTC)
    todos = [new_todo(demo, now + timedelta(milliseconds=index)) for index, demo in enumerate(DEMO)]
    items = [{**primary_key(owner, TODO_PREFIX + todo.id), **todo_items.attributes(todo)} for todo in todos]
    version = {
        "TableName": table,
        "Item": {**primary_key(owner, VERSION_KEY), "version": {"N": "1"}},
        "ConditionExpression": "attribute_not_exists(#key)",
        "ExpressionAttributeNames": {"#key": "key"},
    }
    puts = [{"Put": {"TableName": table, "Item": item}} for item in items]
    try:
        client.transact_write_items(TransactItems=[{"Put": version}, *puts])
    except client.exceptions.TransactionCanceledException as error:
        if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise
