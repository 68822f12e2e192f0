"""What the use cases of sync need from the database."""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from chalicelib.todo.change_items import Change
from chalicelib.todo.sync.model import AppliedKey
from chalicelib.todo.todos.model import Todo
from chalicelib.todo.todos.ports import KnownVersion


class LoggedChange(msgspec.Struct, frozen=True):
    """A change and the version of the list that it made."""

    version: int
    change: Change


class SyncStore(Protocol):
    """Reads the log of an owner's changes, and makes changes that remember their key in the same transaction.

    `list_version`, `recent_version` and what writes a to-do raise AccountDeleted for a deleted account. What writes a
    to-do returns False if another change was faster, and nothing was done. For a key that is remembered with the same
    fingerprint it does nothing and returns True; for one that is remembered with another it raises KeyReused. `version`
    is the list's, if it is known; it is the version that the change has made afterwards, or None if nothing was done.
    """

    def list_version(self, owner: str) -> int:
        """Return the number that grows with every change to the owner's to-dos; one small read."""

    def recent_version(self, owner: str) -> int:
        """Return a version that the list has or had a moment ago, possibly from a cache."""

    def recent_changes(self, owner: str, since: int, last: int) -> Sequence[LoggedChange]:
        """Return the changes after one version, up to another, possibly from a cache; any of them may be missing."""

    def changes(self, owner: str, since: int, last: int) -> Sequence[LoggedChange]:
        """Return the changes after one version, up to another; only those that have expired are missing."""

    def todos(self, owner: str, todo_ids: Sequence[str]) -> list[Todo]:
        """Return the to-dos that exist, in any order."""

    def get(self, owner: str, todo_id: str) -> Todo:
        """Return one to-do, or raise TodoNotFound."""

    def create(self, owner: str, todo: Todo, key: AppliedKey, version: KnownVersion) -> bool:
        """Add a to-do; raise TodoExists if its id is in use.

        The to-do begins with the list's version: a deleted one that had the same id never had this version.
        """

    def replace(self, owner: str, old: Todo, new: Todo, key: AppliedKey, version: KnownVersion) -> bool:
        """Replace a to-do if it still has the old one's version."""

    def delete(self, owner: str, todo: Todo, key: AppliedKey, version: KnownVersion) -> bool:
        """Delete a to-do if it still has this version."""

    def remember(self, owner: str, key: AppliedKey) -> None:
        """Remember the key of a change that has nothing to write."""

    def is_applied(self, owner: str, key: AppliedKey) -> bool:
        """Whether the key is remembered."""
