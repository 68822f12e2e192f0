"""What the use cases of to-dos need from the database."""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from chalicelib.todo.todos.model import Todo

from common.values import Page

# How many to-dos `delete_many` takes at most. A transaction has at most 100 items:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MAX_DELETED_AT_ONCE = 80


class Filters(msgspec.Struct, frozen=True):
    """Which to-dos a list shows: those for which everything holds that is not None."""

    completed: bool | None = None
    tag: str | None = None
    due_before: str | None = None


class FirstUse(msgspec.Struct, frozen=True):
    """The first request with an idempotency key: its body's fingerprint, and the to-do that it made."""

    fingerprint: str
    todo: Todo


class IdempotencyKey(msgspec.Struct, frozen=True):
    """A client's key, its body's fingerprint, and until when (seconds since 1970) they are remembered."""

    key: str
    fingerprint: str
    expires_at: int


class KnownVersion(msgspec.Struct):
    """The version of the owner's list, if the request has read it or made it; None if it must be read.

    A change with a known version costs one read less. The change sets the version that it has made, or None if it has
    made none.
    """

    value: int | None = None


class TodoStore(Protocol):
    """Keeps to-dos. Every change increases the owner's list version in the same transaction.

    All changes raise AccountDeleted for a deleted account, and Busy when too many changes collide.
    """

    def list_version(self, owner: str) -> int:
        """Return the number that grows with every change to the owner's to-dos; one small read."""

    def page(self, owner: str, limit: int, after: str | None, filters: Filters) -> Page[Todo]:
        """Read at most `limit` matching to-dos whose ids are greater than `after`, with one query."""

    def get(self, owner: str, todo_id: str) -> Todo:
        """Return one to-do, or raise TodoNotFound."""

    def add(self, owner: str, todo: Todo, key: IdempotencyKey | None, now: int) -> FirstUse | None:
        """Add a to-do and remember its idempotency key; if the key was used before, return its first use instead."""

    def replace(self, owner: str, old: Todo, new: Todo) -> bool:
        """Replace a to-do if it still has the old one's version; False if not, or if another change collided."""

    def delete(self, owner: str, todo: Todo, version: KnownVersion) -> bool:
        """Delete a to-do if it still has this version; False if not, or if another change collided."""

    def ids(self, owner: str, limit: int) -> Sequence[str]:
        """Return at most `limit` ids of the owner's to-dos; none only if there are none."""

    def delete_many(self, owner: str, todo_ids: Sequence[str], version: KnownVersion) -> None:
        """Delete at most MAX_DELETED_AT_ONCE to-dos; absent ones are no error."""
