"""A device: its user changes the list at any time, and `sync` exchanges changes with the server when it can."""

import secrets
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from sync_client.api import Api, BadRequest, ChangesExpired, Outcomes, Result
from sync_client.copy import Change, Copy, Op, Queued, Refused, Todo

# The limits of POST /changes are 50 changes and 1 MiB.
MAX_CHANGES = 50
MAX_BYTES = 200_000
# Results of changes that are applied, and of those that are sent again.
APPLIED = (200, 201, 204)
TRY_AGAIN = 503


class Storage(Protocol):
    """Keeps a device's copy."""

    def load(self) -> Copy | None:
        """Read the copy; None before the first save."""

    def save(self, copy: Copy) -> None:
        """Write the copy, as a whole or not at all."""


class NoSuchTodo(Exception):
    """The device has no to-do with this id."""


class Device:
    """One device of a user. Every method leaves a state from which the next call goes on, whenever it is interrupted.

    `new_id` makes the id of a to-do: 28 hexadecimal digits that begin with the milliseconds since 1970. `new_key` makes
    the key of a change. It is random, so that a device whose file was restored from a copy uses no key twice.
    """

    def __init__(
        self, storage: Storage, new_id: Callable[[], str], new_key: Callable[[], str] = lambda: secrets.token_hex(16)
    ) -> None:
        self._storage = storage
        self._new_id = new_id
        self._new_key = new_key
        self._copy = storage.load() or Copy()

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

    def sync(self, api: Api) -> None:
        """Send what is queued and read what has changed; `refused` has the changes that were not applied.

        Raises
        ------
        Unreachable, RequestRefused, InvalidAnswer
            What was exchanged before is kept.
        """
        self._send(api)
        self._receive(api)

    def refused(self) -> list[Refused]:
        """Return the changes that the server did not apply, until they are dismissed."""
        return list(self._copy.refused)

    def dismiss(self, refused: list[Refused]) -> None:
        """Forget changes that the server did not apply, and with them what the user wrote."""
        self._copy.refused = [one for one in self._copy.refused if one not in refused]
        self._storage.save(self._copy)

    def start_anew(self) -> None:
        """Forget everything, for another user."""
        self._copy = Copy()
        self._storage.save(self._copy)

    def _require(self, todo_id: str) -> None:
        if self._copy.todo(todo_id) is None:
            raise NoSuchTodo(f"there is no to-do {todo_id} on this device")

    def _change(self, op: Op, todo_id: str, fields: dict[str, Any] | None = None) -> None:
        self._copy.queue.append(Queued(Change(op, self._new_key(), todo_id, fields)))
        self._storage.save(self._copy)

    def _send(self, api: Api) -> None:
        at_once = MAX_CHANGES
        while batch := _batch(self._copy.unsent(), at_once):
            try:
                outcomes = api.send([queued.change for queued in batch])
            except BadRequest as error:
                # One change is not what the contract allows, and the others are sent without it.
                if len(batch) == 1:
                    self._refuse(batch[0], str(error))
                    self._storage.save(self._copy)
                at_once = 1
                continue
            self._note(batch, outcomes)
            if any(result.status == TRY_AGAIN for result in outcomes.results):
                break

    def _note(self, batch: list[Queued], outcomes: Outcomes) -> None:
        for queued, result in zip(batch, outcomes.results, strict=True):
            if result.status in APPLIED:
                queued.applied_at = outcomes.version
            elif result.status != TRY_AGAIN:
                self._refuse(queued, _reason(result))
        self._storage.save(self._copy)

    def _refuse(self, queued: Queued, reason: str) -> None:
        self._copy.queue.remove(queued)
        self._copy.refused.append(Refused(queued.change, reason))

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
