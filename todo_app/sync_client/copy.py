"""A device's copy of the list, and the queue of changes that the server may not know yet."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

import msgspec
from msgspec import Meta

TodoId = Annotated[str, Meta(pattern=r"^[0-9a-f]{28}$")]
Version = Annotated[int, Meta(ge=0)]
Op = Literal["create", "change", "delete"]


class Todo(TypedDict):
    """A to-do as the API has it; one that the server does not know yet has only what the user sees."""

    title: str
    completed: bool
    order: NotRequired[int | float | None]
    notes: NotRequired[str]
    due: NotRequired[str | None]
    tags: NotRequired[list[str]]
    url: NotRequired[str]
    createdAt: NotRequired[str]
    updatedAt: NotRequired[str]
    version: NotRequired[int]


# What a to-do has whose device did not say otherwise.
DEFAULTS: Mapping[str, Any] = {"title": "", "completed": False, "order": None, "notes": "", "due": None, "tags": []}


class Change(msgspec.Struct, omit_defaults=True):
    """A change as `POST /changes` takes it; `todo` has the fields that the user has set."""

    op: Op
    key: str
    # The server says which ids it takes: what it refuses is told, and stays on the device.
    id: str
    todo: dict[str, Any] | None = None


class Queued(msgspec.Struct):
    """A change of this device; `applied_at` is the list's version with it, once the server has it."""

    change: Change
    applied_at: Version | None = None


class Refused(msgspec.Struct):
    """A change of this device that the server did not apply, and its reason."""

    change: Change
    reason: str


class Copy(msgspec.Struct):
    """What a device keeps: to-dos by id as the server had them at `version`, None before the first sync.

    A change leaves the queue when the copy has a version that contains it, so that it is visible at any time.
    `refused` is what the server did not apply, until the user dismisses it.
    """

    version: Version | None = None
    todos: dict[TodoId, Todo] = {}
    queue: list[Queued] = []
    refused: list[Refused] = []

    def todo(self, todo_id: str) -> Todo | None:
        """Return a to-do as the user sees it."""
        return self.visible().get(todo_id)

    def visible(self) -> dict[str, Todo]:
        """Return the list as the user sees it, in its order: the server's to-dos with the queued changes."""
        seen = dict(self.todos)
        for queued in self.queue:
            _apply(seen, queued.change)
        return dict(sorted(seen.items()))

    def unsent(self) -> list[Queued]:
        """Return the changes that the server is not known to have."""
        return [queued for queued in self.queue if queued.applied_at is None]

    def known_version(self) -> int:
        """Return the newest version that the server has told."""
        return max([self.version or 0, *(queued.applied_at or 0 for queued in self.queue)])

    def settle(self) -> None:
        """Take from the queue what the copy contains."""
        version = self.version or 0
        self.queue = [queued for queued in self.queue if queued.applied_at is None or queued.applied_at > version]


def _apply(todos: dict[str, Todo], change: Change) -> None:
    fields = change.todo or {}
    if change.op == "delete":
        todos.pop(change.id, None)
    elif change.op == "create":
        todos.setdefault(change.id, cast(Todo, {**DEFAULTS, **fields}))
    elif change.id in todos:
        todos[change.id] = cast(Todo, {**todos[change.id], **fields})
