"""To-dos on DynamoDB's wire: typed structs straight from the JSON of the service, without a dict in between.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from typing import Any

import msgspec
from chalicelib.todo.todos.model import Todo

TODO_PREFIX = "todo#"
VERSION_KEY = "version"


class S(msgspec.Struct):
    """A string."""

    S: str


class N(msgspec.Struct):
    """A number, as text."""

    N: str


class Bool(msgspec.Struct):
    """A truth value."""

    BOOL: bool


class Strings(msgspec.Struct):
    """A list of strings."""

    L: list[S]


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
            (self.todo_key or self.key).S.removeprefix(TODO_PREFIX),
            self.title.S,
            self.completed.BOOL,
            _number(self.order.N) if self.order else None,
            self.notes.S if self.notes else "",
            self.due.S if self.due else None,
            [tag.S for tag in self.tags.L] if self.tags else [],
            self.created_at.S,
            self.updated_at.S,
            int(self.version.N),
        )


class Key(msgspec.Struct):
    """The key of an item, as far as it is not known already."""

    key: S


class Version(msgspec.Struct):
    """The item that counts an owner's changes; `deletedAt` is the tombstone of a deleted account."""

    version: N = msgspec.field(default_factory=lambda: N("0"))
    deletedAt: N | None = None  # noqa: N815 - the attribute's name


class GotTodo(msgspec.Struct):
    """The answer of GetItem for a to-do."""

    Item: TodoItem | None = None


class GotVersion(msgspec.Struct):
    """The answer of GetItem for the version."""

    Item: Version | None = None


class TodoItems(msgspec.Struct):
    """The answer of Query for to-dos."""

    Items: list[TodoItem]
    LastEvaluatedKey: Key | None = None


class Keys(msgspec.Struct):
    """The answer of Query for keys."""

    Items: list[Key]
    LastEvaluatedKey: Key | None = None


got_todo = msgspec.json.Decoder(GotTodo)
got_version = msgspec.json.Decoder(GotVersion)
todo_items = msgspec.json.Decoder(TodoItems)
keys = msgspec.json.Decoder(Keys)


def primary_key(owner: str, sort_key: str) -> dict[str, Any]:
    """Write a primary key as botocore wants it."""
    return {"owner": {"S": owner}, "key": {"S": sort_key}}


def attributes(todo: Todo) -> dict[str, Any]:
    """Write a to-do's attributes, without its key, as botocore wants them."""
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


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)
