"""The use cases of to-dos."""

import time
from collections.abc import Callable
from datetime import datetime

from chalicelib.todo.errors import KeyReused
from chalicelib.todo.todos.model import NewTodo, Todo, TodoChange, new_todo
from chalicelib.todo.todos.ports import MAX_DELETED_AT_ONCE, Filters, IdempotencyKey, KnownVersion, TodoStore

from common.aws.backoff import attempts
from common.errors import Busy, VersionConflict
from common.values import Page, Precondition

KEY_LIFETIME_SECONDS = 24 * 3600
# How many ids are read at a time to delete all to-dos.
IDS_AT_ONCE = 1000


class Todos:
    """Everything that a signed-in user does with their to-dos."""

    def __init__(
        self, store: TodoStore, now: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._store = store
        self._now = now
        self._sleep = sleep

    def list_version(self, owner: str) -> int:
        """Return the number that grows with every change to the owner's to-dos."""
        return self._store.list_version(owner)

    def page(self, owner: str, limit: int, after: str | None, filters: Filters) -> Page[Todo]:
        """Return to-dos in the order in which they were made, from the one after the id `after` on."""
        return self._store.page(owner, limit, after, filters)

    def get(self, owner: str, todo_id: str) -> Todo:
        """Return one to-do.

        Raises
        ------
        TodoNotFound
        """
        return self._store.get(owner, todo_id)

    def add(self, owner: str, new: NewTodo, key: str | None = None, fingerprint: str = "") -> Todo:
        """Add a to-do; if the key was used before with the same body, return the to-do that was made then.

        Raises
        ------
        InvalidTodo, AccountDeleted, Busy
        KeyReused
            The key was used before with another body.
        """
        now = self._now()
        todo = new_todo(new, now)
        seconds = int(now.timestamp())
        remembered = IdempotencyKey(key, fingerprint, seconds + KEY_LIFETIME_SECONDS) if key else None
        first_use = self._store.add(owner, todo, remembered, seconds)
        if first_use is None:
            return todo
        if first_use.fingerprint != fingerprint:
            raise KeyReused("This key was used with another body.")
        return first_use.todo

    def change(self, owner: str, todo_id: str, change: TodoChange, if_match: Precondition[Todo] | None = None) -> Todo:
        """Apply a partial change to one to-do.

        Raises
        ------
        TodoNotFound, InvalidTodo, AccountDeleted, Busy
        VersionConflict
            The to-do does not meet `if_match`.
        """
        for _ in attempts(self._sleep):
            old = self._matching(owner, todo_id, if_match)
            new = old.changed(change, self._now())
            if new is old or self._store.replace(owner, old, new):
                return new
        raise Busy("Other requests are changing this to-do.")

    def delete(
        self, owner: str, todo_id: str, if_match: Precondition[Todo] | None = None, version: KnownVersion | None = None
    ) -> None:
        """Delete one to-do; `version` is the list's, if it is known.

        Raises
        ------
        TodoNotFound, AccountDeleted, Busy
        VersionConflict
            The to-do does not meet `if_match`.
        """
        version = version or KnownVersion()
        for _ in attempts(self._sleep):
            if self._store.delete(owner, self._matching(owner, todo_id, if_match), version):
                return
        raise Busy("Other requests are changing this to-do.")

    def delete_all(self, owner: str, out_of_time: Callable[[], bool], version: KnownVersion | None = None) -> None:
        """Delete all to-dos of an owner; `version` is the list's, if it is known.

        Raises
        ------
        AccountDeleted
        Busy
            Time ran out before all were deleted; the same request again continues.
        """
        version = version or KnownVersion()
        while todo_ids := self._store.ids(owner, IDS_AT_ONCE):
            for start in range(0, len(todo_ids), MAX_DELETED_AT_ONCE):
                if out_of_time():
                    raise Busy("Not all to-dos are deleted yet; send the request again.")
                self._store.delete_many(owner, todo_ids[start : start + MAX_DELETED_AT_ONCE], version)

    def _matching(self, owner: str, todo_id: str, if_match: Precondition[Todo] | None) -> Todo:
        todo = self._store.get(owner, todo_id)
        if if_match is not None and not if_match(todo):
            raise VersionConflict("The to-do has changed since it was read.")
        return todo
