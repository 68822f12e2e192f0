"""A device: its user changes the list at any time, and `sync` exchanges changes with the server when it can."""

import secrets
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from sync_client.api import Api, BadRequest, ChangesExpired, Outcomes, Result
from sync_client.copy import Copy, Queued, Todo

# The limits of POST /changes are 50 changes and 256 KiB.
MAX_CHANGES = 50
MAX_BYTES = 200_000
# Results for which the same change is sent again.
TRY_AGAIN = 503


class Storage(Protocol):
    """Keeps a device's copy."""

    def load(self) -> Copy | None:
        """Read the copy; None before the first save."""

    def save(self, copy: Copy) -> None:
        """Write the copy, as a whole or not at all."""


class NoSuchTodo(Exception):
    """The device has no to-do with this id."""


class Dropped(msgspec.Struct):
    """A change of this device that the server did not apply, and its reason."""

    change: dict[str, Any]
    reason: str


class Device:
    """One device of a user. Every method leaves a state from which the next call goes on, whenever it is interrupted.

    `new_id` makes the id of a to-do: 28 hexadecimal digits that begin with the milliseconds since 1970.
    """

    def __init__(self, storage: Storage, new_id: Callable[[], str]) -> None:
        self._storage = storage
        self._new_id = new_id
        self._copy = storage.load() or Copy(secrets.token_hex(8))

    def todos(self) -> dict[str, Todo]:
        """Return the list as the user sees it, by id."""
        return self._copy.visible()

    def waiting(self) -> int:
        """Return how many changes the server does not know yet."""
        return len(self._copy.unsent())

    def add(self, **fields: Any) -> str:
        """Add a to-do; returns its id."""
        todo_id = self._new_id()
        self._change("create", todo_id, fields)
        return todo_id

    def change(self, todo_id: str, **fields: Any) -> None:
        """Change fields of a to-do.

        Raises
        ------
        NoSuchTodo
        """
        self._require(todo_id)
        self._change("change", todo_id, fields)

    def delete(self, todo_id: str) -> None:
        """Delete a to-do.

        Raises
        ------
        NoSuchTodo
        """
        self._require(todo_id)
        self._change("delete", todo_id)

    def sync(self, api: Api) -> list[Dropped]:
        """Send what is queued and read what has changed; returns the changes that could not be applied.

        Raises
        ------
        Unreachable, Refused, InvalidAnswer
            What was exchanged before is kept.
        """
        dropped = self._send(api)
        self._receive(api)
        return dropped

    def _require(self, todo_id: str) -> None:
        if self._copy.todo(todo_id) is None:
            raise NoSuchTodo(f"there is no to-do {todo_id} on this device")

    def _change(self, op: str, todo_id: str, fields: Todo | None = None) -> None:
        self._copy.enqueue(op, todo_id, fields)
        self._storage.save(self._copy)

    def _send(self, api: Api) -> list[Dropped]:
        dropped: list[Dropped] = []
        at_once = MAX_CHANGES
        while batch := _batch(self._copy.unsent(), at_once):
            try:
                outcomes = api.send([queued.change for queued in batch])
            except BadRequest as error:
                # One change is not what the contract allows, and the others are sent without it.
                if len(batch) == 1:
                    dropped.append(self._drop(batch[0], str(error)))
                at_once = 1
                continue
            dropped += self._note(batch, outcomes)
            if any(result.status == TRY_AGAIN for result in outcomes.results):
                break
        return dropped

    def _note(self, batch: list[Queued], outcomes: Outcomes) -> list[Dropped]:
        dropped = []
        for queued, result in zip(batch, outcomes.results, strict=True):
            if result.status < 400:
                queued.applied_at = outcomes.version
            elif result.status != TRY_AGAIN:
                dropped.append(self._drop(queued, _reason(result)))
        self._storage.save(self._copy)
        return dropped

    def _drop(self, queued: Queued, reason: str) -> Dropped:
        self._copy.queue.remove(queued)
        self._storage.save(self._copy)
        return Dropped(queued.change, reason)

    def _receive(self, api: Api) -> None:
        if self._copy.version is None:
            self._start_over(api)
        more = True
        while more:
            try:
                changes = api.changes(self._copy.version, self._copy.known_version())
            except ChangesExpired:
                self._start_over(api)
                changes = api.changes(self._copy.version, 0)
            self._copy.todos.update({item.id: item.todo for item in changes.written})
            for todo_id in changes.deleted:
                self._copy.todos.pop(todo_id, None)
            self._copy.version = changes.version
            self._copy.settle()
            self._storage.save(self._copy)
            more = changes.more

    def _start_over(self, api: Api) -> None:
        """Read the whole list. The version is read before it, so that the next changes include all since then."""
        version = api.changes(None, 0).version
        self._copy.todos = dict(api.all_todos())
        self._copy.version = version
        # The list was read after these were applied, even if its version is now lower, as after a restored backup.
        self._copy.queue = self._copy.unsent()
        self._storage.save(self._copy)


def _batch(unsent: list[Queued], at_once: int) -> list[Queued]:
    """Return the first changes that fit into one request."""
    size = 0
    for count, queued in enumerate(unsent[:at_once]):
        size += len(msgspec.json.encode(queued.change))
        if size > MAX_BYTES and count:
            return unsent[:count]
    return unsent[:at_once]


def _reason(result: Result) -> str:
    problem = result.problem or {}
    return str(problem.get("detail") or problem.get("title") or f"status {result.status}")
