"""The log of an owner's changes: one item for each version of their list, which devices read to catch up.

The item is written in the transaction that increases the version, so versions have no gaps until time to live deletes
the oldest items.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from chalicelib.todo.dynamodb_items import Strings, primary_key

PREFIX = "change#"
# A device that was away for longer reads the whole list.
LIFETIME_SECONDS = 30 * 24 * 3600


class Change(msgspec.Struct, frozen=True):
    """The ids of the to-dos that one change has written and deleted."""

    written: Sequence[str] = ()
    deleted: Sequence[str] = ()


class ChangeItem(msgspec.Struct):
    """A change as an item."""

    written: Strings
    deleted: Strings

    def change(self) -> Change:
        """Return the change in this item."""
        return Change([item.S for item in self.written.L], [item.S for item in self.deleted.L])


def sort_key(version: int) -> str:
    """Return the sort key of a version's item; keys sort as versions do."""
    return f"{PREFIX}{version:012d}"


def put_change(table: str, owner: str, version: int, change: Change, now: int) -> dict[str, Any]:
    """Write the transaction's part that logs a change; `now` is in seconds since 1970."""
    item = {
        **primary_key(owner, sort_key(version)),
        "written": {"L": [{"S": todo_id} for todo_id in change.written]},
        "deleted": {"L": [{"S": todo_id} for todo_id in change.deleted]},
        "expiresAt": {"N": str(now + LIFETIME_SECONDS)},
    }
    return {"Put": {"TableName": table, "Item": item}}
