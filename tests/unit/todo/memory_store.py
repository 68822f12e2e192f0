"""One user's list in memory, as the use cases of to-dos and of sync see the table."""

from collections.abc import Sequence

import msgspec
from chalicelib.todo.change_items import Change
from chalicelib.todo.errors import KeyReused, TodoExists, TodoNotFound
from chalicelib.todo.sync.model import AppliedKey
from chalicelib.todo.sync.ports import LoggedChange
from chalicelib.todo.todos.model import Todo
from chalicelib.todo.todos.ports import Filters, KnownVersion

from common.values import Page


class MemoryStore:
    """Obeys SyncStore, and TodoStore as far as lists go; `applied` has the keys in the order of their changes."""

    def __init__(self) -> None:
        self.items: dict[str, Todo] = {}
        self.log: dict[int, Change] = {}
        self.version = 0
        self.fingerprints: dict[str, str] = {}
        self.applied: list[str] = []
        # How many of the next writes find that another change was faster.
        self.collisions = 0
        # How many versions of the list a cache has not seen.
        self.behind = 0

    def expire(self, version: int) -> None:
        """Delete a change from the log, as time to live does."""
        self.log.pop(version, None)

    # ---- SyncStore --------------------------------------------------------------------------------------------------

    def list_version(self, owner: str) -> int:
        return self.version

    def recent_version(self, owner: str) -> int:
        return max(0, self.version - self.behind)

    def recent_changes(self, owner: str, since: int, last: int) -> Sequence[LoggedChange]:
        return self.changes(owner, since, min(last, self.recent_version(owner)))

    def changes(self, owner: str, since: int, last: int) -> Sequence[LoggedChange]:
        wanted = range(since + 1, last + 1)
        return [LoggedChange(version, self.log[version]) for version in wanted if version in self.log]

    def todos(self, owner: str, todo_ids: Sequence[str]) -> list[Todo]:
        return [self.items[todo_id] for todo_id in todo_ids if todo_id in self.items]

    def get(self, owner: str, todo_id: str) -> Todo:
        if todo_id not in self.items:
            raise TodoNotFound("The to-do does not exist.")
        return self.items[todo_id]

    def create(self, owner: str, todo: Todo, key: AppliedKey, version: KnownVersion) -> bool:
        if self.is_applied(owner, key):
            version.value = None
            return True
        if todo.id in self.items:
            version.value = None
            raise TodoExists("The id is in use.")
        return self._write(todo.id, msgspec.structs.replace(todo, version=self.version + 1), key, version)

    def replace(self, owner: str, old: Todo, new: Todo, key: AppliedKey, version: KnownVersion) -> bool:
        return self._write_over(old, new, key, version)

    def delete(self, owner: str, todo: Todo, key: AppliedKey, version: KnownVersion) -> bool:
        return self._write_over(todo, None, key, version)

    def remember(self, owner: str, key: AppliedKey) -> None:
        if not self.is_applied(owner, key):
            self.fingerprints[key.key] = key.fingerprint
            self.applied.append(key.key)

    def is_applied(self, owner: str, key: AppliedKey) -> bool:
        remembered = self.fingerprints.get(key.key)
        if remembered not in (None, key.fingerprint):
            raise KeyReused("This key was used with another change.")
        return remembered is not None

    def _write_over(self, old: Todo, new: Todo | None, key: AppliedKey, version: KnownVersion) -> bool:
        if self.is_applied("", key):
            version.value = None
            return True
        if self.items.get(old.id) != old:
            version.value = None
            return False
        return self._write(old.id, new, key, version)

    def _write(self, todo_id: str, todo: Todo | None, key: AppliedKey, version: KnownVersion) -> bool:
        known, version.value = version.value, None
        if known not in (None, self.version):
            return False
        if self.collisions:
            self.collisions -= 1
            return False
        self.remember("", key)
        self.version += 1
        if todo is None:
            del self.items[todo_id]
            self.log[self.version] = Change(deleted=[todo_id])
        else:
            self.items[todo_id] = todo
            self.log[self.version] = Change(written=[todo_id])
        version.value = self.version
        return True

    # ---- TodoStore --------------------------------------------------------------------------------------------------

    def page(self, owner: str, limit: int, after: str | None, filters: Filters) -> Page[Todo]:
        ids = [todo_id for todo_id in sorted(self.items) if after is None or todo_id > after]
        return Page([self.items[todo_id] for todo_id in ids[:limit]], ids[limit - 1] if len(ids) > limit else None)
