"""The use cases of sync: a device reads what has changed, and sends what it changed while it was offline."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from chalicelib.todo.change_items import LIFETIME_SECONDS
from chalicelib.todo.errors import ChangesExpired, InvalidTodo, KeyReused, TodoExists, TodoNotFound
from chalicelib.todo.sync.model import (
    Applied,
    AppliedKey,
    Changes,
    Creation,
    Deletion,
    Edit,
    Outcome,
    SentChange,
    fingerprint,
)
from chalicelib.todo.sync.ports import LoggedChange, SyncStore
from chalicelib.todo.todos.model import Todo, new_todo
from chalicelib.todo.todos.ports import KnownVersion
from msgspec import UNSET

from common.aws.backoff import attempts
from common.errors import Busy, VersionConflict

# With the longest texts, and each character in 12 bytes, so many to-dos fit into the 6 MB of a function's response:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_CHANGES_READ = 40
NOT_APPLIED = (TodoNotFound, TodoExists, VersionConflict, InvalidTodo, KeyReused, Busy)


class Sync:
    """What a device does that keeps a copy of the list; `now` is in UTC."""

    def __init__(
        self, store: SyncStore, now: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._store = store
        self._now = now
        self._sleep = sleep

    def changes(self, owner: str, since: int | None, at_least: int = 0) -> Changes:
        """Return what has changed since a version; without one only the list's version.

        `at_least` is another version that the device knows to exist.

        Raises
        ------
        AccountDeleted
        ChangesExpired
            The log does not reach back to the version, or the list never had one of them.
        """
        current = self._version(owner, since, at_least)
        if max(since or 0, at_least) > current:
            raise ChangesExpired("The list never had this version; read it again.")
        if since is None or since == current:
            return Changes(current, [], [], more=False)
        logged = self._logged(owner, since, current)
        version = logged[-1].version
        written = _last_written(logged)
        todos = self._store.todos(owner, [todo_id for todo_id, is_written in written.items() if is_written])
        absent = written.keys() - {todo.id for todo in todos}
        return Changes(version, todos, sorted(absent), more=version < current)

    def apply(
        self,
        owner: str,
        changes: Sequence[SentChange],
        out_of_time: Callable[[], bool],
        version: KnownVersion | None = None,
    ) -> Applied:
        """Apply changes in their order, each by itself; `version` is the list's, if it is known.

        From the first change for which there is no time on, all have the outcome Busy and can be sent again.

        Raises
        ------
        AccountDeleted
        """
        outcomes: list[Outcome] = []
        version = version or KnownVersion()
        for change in changes:
            if outcomes and isinstance(outcomes[-1].error, Busy):
                # Later changes may need it, and would be undone by it.
                outcomes.append(Outcome(change, Busy("An earlier change has to be applied first.")))
            else:
                outcomes.append(self._outcome(owner, change, out_of_time, version))
        return Applied(outcomes, self._store.list_version(owner) if version.value is None else version.value)

    def _version(self, owner: str, since: int | None, at_least: int) -> int:
        """Return the list's version; a recent one will do for a device that says which versions it knows."""
        if since is not None:
            recent = self._store.recent_version(owner)
            if recent >= max(since, at_least):
                return recent
        return self._store.list_version(owner)

    def _logged(self, owner: str, since: int, current: int) -> Sequence[LoggedChange]:
        """Return the changes after a version. A change never changes, so a copy is as good if none is missing."""
        last = min(current, since + MAX_CHANGES_READ)
        for read in (self._store.recent_changes, self._store.changes):
            logged = read(owner, since, last)
            # Time to live deletes items in any order, so what is left of the oldest ones can have gaps.
            if [item.version for item in logged] == list(range(since + 1, last + 1)):
                return logged
        raise ChangesExpired("The changes since this version are not known any more; read the list again.")

    def _outcome(
        self, owner: str, change: SentChange, out_of_time: Callable[[], bool], version: KnownVersion
    ) -> Outcome:
        if out_of_time():
            return Outcome(change, Busy("There was no time left for this change."))
        key = AppliedKey(change.key, fingerprint(change), int(self._now().timestamp()) + LIFETIME_SECONDS)
        try:
            self._apply(owner, change, key, version)
        except NOT_APPLIED as error:
            return Outcome(change, error)
        return Outcome(change)

    def _apply(self, owner: str, change: SentChange, key: AppliedKey, version: KnownVersion) -> None:
        for _ in attempts(self._sleep):
            try:
                if self._attempt(owner, change, key, version):
                    return
            except (TodoNotFound, TodoExists, VersionConflict, InvalidTodo):
                # The reason can be that this very change was applied before, possibly after the version was read.
                if self._store.is_applied(owner, key):
                    version.value = None
                    return
                raise
        raise Busy("Other requests are changing this list.")

    def _attempt(self, owner: str, change: SentChange, key: AppliedKey, version: KnownVersion) -> bool:
        if isinstance(change, Creation):
            todo = msgspec.structs.replace(new_todo(change.todo, self._now()), id=change.id)
            return self._store.create(owner, todo, key, version)
        old = self._matching(owner, change)
        if isinstance(change, Deletion):
            return self._store.delete(owner, old, key, version)
        if change.todo.url is not UNSET:
            raise InvalidTodo("url", "is read-only")
        new = old.changed(change.todo, self._now())
        if new is not old:
            return self._store.replace(owner, old, new, key, version)
        self._store.remember(owner, key)
        # Another device may have made the to-do so after the version was read.
        version.value = None
        return True

    def _matching(self, owner: str, change: Edit | Deletion) -> Todo:
        todo = self._store.get(owner, change.id)
        if change.if_version not in (None, todo.version):
            raise VersionConflict("The to-do has changed since it was read.")
        return todo


def _last_written(logged: Sequence[LoggedChange]) -> dict[str, bool]:
    """By id of each to-do that changed: whether its last change wrote it; otherwise that deleted it."""
    last: dict[str, bool] = {}
    for item in logged:
        last |= dict.fromkeys(item.change.written, True) | dict.fromkeys(item.change.deleted, False)
    return last
