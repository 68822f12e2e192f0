"""To-dos as items of the table."""

from collections.abc import Mapping
from typing import Any

import msgspec
from chalicelib.todo.dynamodb_items import Bool, Key, N, S, Strings, primary_key
from chalicelib.todo.todos.model import Todo

TODO_PREFIX = "todo#"
NO_CONDITION: Mapping[str, Any] = {}


class TodoItem(msgspec.Struct, rename="camel"):
    """A to-do as an item; optional attributes are absent rather than null."""

    title: S
    completed: Bool
    created_at: S
    updated_at: S
    version: N
    key: S
    order: N | None = None
    notes: S | None = None
    due: S | None = None
    tags: Strings | None = None
    # Of the items that remember an idempotency key:
    todo_key: S | None = None
    fingerprint: S | None = None
    expires_at: N | None = None

    def todo(self) -> Todo:
        """Return the to-do in this item."""
        return Todo(
            id=(self.todo_key or self.key).S.removeprefix(TODO_PREFIX),
            title=self.title.S,
            completed=self.completed.BOOL,
            order=_number(self.order.N) if self.order else None,
            notes=self.notes.S if self.notes else "",
            due=self.due.S if self.due else None,
            tags=[tag.S for tag in self.tags.L] if self.tags else [],
            created_at=self.created_at.S,
            updated_at=self.updated_at.S,
            version=int(self.version.N),
        )


class GetTodoResponse(msgspec.Struct):
    """The response of GetItem for a to-do."""

    Item: TodoItem | None = None


class QueryTodosResponse(msgspec.Struct):
    """The response of Query for to-dos."""

    Items: list[TodoItem]
    LastEvaluatedKey: Key | None = None


get_todo_decoder = msgspec.json.Decoder(GetTodoResponse)
query_todos_decoder = msgspec.json.Decoder(QueryTodosResponse)


def attributes(todo: Todo) -> dict[str, Any]:
    """Write a to-do's attributes, without its key, as botocore takes them."""
    written: dict[str, Any] = {
        "title": {"S": todo.title},
        "completed": {"BOOL": todo.completed},
        "createdAt": {"S": todo.created_at},
        "updatedAt": {"S": todo.updated_at},
        "version": {"N": str(todo.version)},
    }
    if todo.order is not None:
        written["order"] = {"N": repr(todo.order)}
    if todo.notes:
        written["notes"] = {"S": todo.notes}
    if todo.due:
        written["due"] = {"S": todo.due}
    if todo.tags:
        written["tags"] = {"L": [{"S": tag} for tag in todo.tags]}
    return written


def put_todo(table: str, owner: str, todo: Todo, condition: Mapping[str, Any] = NO_CONDITION) -> dict[str, Any]:
    """Write a transaction's part that puts a to-do."""
    item = {**primary_key(owner, TODO_PREFIX + todo.id), **attributes(todo)}
    return {"Put": {"TableName": table, "Item": item, **condition}}


def delete_todo(table: str, owner: str, todo_id: str, condition: Mapping[str, Any] = NO_CONDITION) -> dict[str, Any]:
    """Write a transaction's part that deletes a to-do."""
    return {"Delete": {"TableName": table, "Key": primary_key(owner, TODO_PREFIX + todo_id), **condition}}


def has_version_of(todo: Todo) -> dict[str, Any]:
    """Write the condition that the stored to-do has this one's version."""
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(todo.version)}},
    }


def is_absent() -> dict[str, Any]:
    """Write the condition that there is no item with this key."""
    return {"ConditionExpression": "attribute_not_exists(#key)", "ExpressionAttributeNames": {"#key": "key"}}


def is_absent_or_expired(now: int) -> dict[str, Any]:
    """Write the condition that there is no item with this key, or one whose `expiresAt` is not after `now`."""
    return {
        # DynamoDB deletes expired items within a few days, not at once.
        "ConditionExpression": "attribute_not_exists(#key) OR expiresAt <= :now",
        "ExpressionAttributeNames": {"#key": "key"},
        "ExpressionAttributeValues": {":now": {"N": str(now)}},
    }


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)
