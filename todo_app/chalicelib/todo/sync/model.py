"""The changes that a device sends, and what it is told."""

import hashlib
from typing import Annotated

import msgspec
from chalicelib.todo.todos.model import NewTodo, Todo, TodoChange
from msgspec import Meta

from common.values import Id

MAX_CHANGES_SENT = 50

ChangeKey = Annotated[
    str,
    Meta(
        pattern=r"^[!-~]{1,64}(?!\n)$",
        description="The device's name for this change. A change with the same key is applied once within 30 days.",
        examples=["phone-17"],
    ),
]
IfVersion = Annotated[
    int, Meta(ge=1, le=2**53, description="Apply the change only to this version of the to-do.", examples=[3])
]


class Creation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="create"):
    """A new to-do, whose id the device has made."""

    key: ChangeKey
    id: Id
    todo: NewTodo


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag_field="op", tag="change"):
    """A change of some fields of a to-do."""

    key: ChangeKey
    id: Id
    todo: TodoChange
    if_version: IfVersion | None = None


class Deletion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag_field="op", tag="delete"):
    """The deletion of a to-do."""

    key: ChangeKey
    id: Id
    if_version: IfVersion | None = None


SentChange = Creation | Edit | Deletion


_IDS = ("019a2f3b7c40a1b2c3d4e5f60718", "019a2e118d00c3d4e5f607180a1b")
_EXAMPLE = [
    {"op": "create", "key": "phone-17", "id": _IDS[0], "todo": {"title": "Water the plants"}},
    {"op": "change", "key": "phone-18", "id": _IDS[1], "todo": {"completed": True}, "ifVersion": 3},
    {"op": "delete", "key": "phone-19", "id": _IDS[0]},
]


class SentChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The changes that a device has made, in their order."""

    changes: Annotated[list[SentChange], Meta(min_length=1, max_length=MAX_CHANGES_SENT, examples=[_EXAMPLE])]


class AppliedKey(msgspec.Struct, frozen=True):
    """The key of a change, a fingerprint of the change, and until when (seconds since 1970) they are remembered."""

    key: str
    fingerprint: str
    expires_at: int


def fingerprint(change: SentChange) -> str:
    """Return the same text for equal changes only."""
    return hashlib.sha256(msgspec.json.encode(change)).hexdigest()


class Outcome(msgspec.Struct, frozen=True):
    """What became of a change: `error` is the reason why it was not applied, None if it was, now or earlier."""

    change: SentChange
    error: Exception | None = None


class Applied(msgspec.Struct, frozen=True):
    """What became of each change, and a version of the list that contains all changes that are applied."""

    outcomes: list[Outcome]
    version: int


class Changes(msgspec.Struct, frozen=True):
    """What has changed since a version: to-dos as they are now, and ids of those that do not exist any more.

    `version` is the one up to which this is complete; `more` says whether the list has a newer one.
    """

    version: int
    written: list[Todo]
    deleted: list[str]
    more: bool
