"""A device's copy of the list, and the queue of changes that the server may not know yet."""

from collections.abc import Mapping
from typing import Any

import msgspec

Todo = dict[str, Any]
# What a to-do has whose device did not say otherwise.
DEFAULTS: Mapping[str, Any] = {"completed": False, "order": None, "notes": "", "due": None, "tags": []}


class Queued(msgspec.Struct):
    """A change as `POST /changes` takes it; `applied_at` is the list's version with it, once the server has it."""

    change: dict[str, Any]
    applied_at: int | None = None


class Copy(msgspec.Struct):
    """What a device keeps: to-dos by id as the server had them at `version`, None before the first sync.

    A change leaves the queue when the copy has a version that contains it, so that it is visible at any time.
    """

    device_id: str
    version: int | None = None
    todos: dict[str, Todo] = {}
    queue: list[Queued] = []
    next_key: int = 1

    def todo(self, todo_id: str) -> Todo | None:
        """Return a to-do as the user sees it."""
        return self.visible().get(todo_id)

    def visible(self) -> dict[str, Todo]:
        """Return the list as the user sees it, in its order: the server's to-dos with the queued changes."""
        seen = dict(self.todos)
        for queued in self.queue:
            _apply(seen, queued.change)
        return dict(sorted(seen.items()))

    def enqueue(self, op: str, todo_id: str, fields: Todo | None = None) -> None:
        """Add a change of the user to the queue, with a key that no other change has."""
        change = {"op": op, "key": f"{self.device_id}-{self.next_key}", "id": todo_id}
        self.queue.append(Queued({**change, **({} if fields is None else {"todo": fields})}))
        self.next_key += 1

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


def _apply(todos: dict[str, Todo], change: dict[str, Any]) -> None:
    todo_id, fields = change["id"], change.get("todo", {})
    if change["op"] == "delete":
        todos.pop(todo_id, None)
    elif change["op"] == "create":
        todos.setdefault(todo_id, {**DEFAULTS, **fields})
    elif todo_id in todos:
        todos[todo_id] = {**todos[todo_id], **fields}
