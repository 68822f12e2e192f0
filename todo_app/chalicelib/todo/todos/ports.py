"""What the use cases need from the world outside."""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from chalicelib.todo.todos.model import Todo

from common.values import Page


class Filters(msgspec.Struct, frozen=True):
    """Which to-dos a list shows: all that are given must hold."""

    completed: bool | None = None
    tag: str | None = None
    due_before: str | None = None


class FirstAnswer(msgspec.Struct, frozen=True):
    """What an idempotency key was first used for."""

    fingerprint: str
    todo: Todo


class IdempotencyKey(msgspec.Struct, frozen=True):
    """A client's key, the fingerprint of its body, and until when (seconds since 1970) it is remembered."""

    key: str
    fingerprint: str
    expires_at: int


class TodoStore(Protocol):
    """Keeps to-dos. Every change bumps the owner's list version in the same transaction.

    All changes raise AccountDeleted for an account that is gone, and Busy when others change too much at once.
    """

    def list_version(self, owner: str) -> int:
        """Return the number that grows with every change to the owner's to-dos: one small read."""

    def page(self, owner: str, limit: int, after: str | None, filters: Filters) -> Page[Todo]:
        """Read at most `limit` to-dos that match, with one query."""

    def get(self, owner: str, todo_id: str) -> Todo:
        """Return one to-do, or raise TodoNotFound."""

    def add(self, owner: str, todo: Todo, key: IdempotencyKey | None, now: int) -> FirstAnswer | None:
        """Add a to-do and remember its idempotency key; if the key is taken, return what it was used for instead."""

    def replace(self, owner: str, old: Todo, new: Todo) -> bool:
        """Replace a to-do if it still has the old one's version; False if not, or if another change was in the way."""

    def delete(self, owner: str, todo: Todo) -> bool:
        """Delete a to-do if it still has this version; False if not, or if another change was in the way."""

    def ids(self, owner: str, limit: int) -> Sequence[str]:
        """Return some ids of the owner's to-dos; none when there are none."""

    def delete_many(self, owner: str, todo_ids: Sequence[str]) -> None:
        """Delete to-dos, as many as MANY; absent ones are no error."""


# So many are deleted at a time, and so many are looked for at a time.
MANY = 80
IDS = 1000
