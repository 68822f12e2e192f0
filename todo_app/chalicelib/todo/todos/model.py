"""To-dos: their fields with limits, the bodies that clients send, and how a change applies to a to-do."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
from chalicelib.todo.errors import InvalidTodo
from msgspec import UNSET, Meta, UnsetType

from common.values import DATE, FIRST_YEAR, LAST_YEAR, TEXT, TIME, VISIBLE_LINE, Timestamp, new_id, timestamp

MAX_TAGS = 20
MAX_ORDER = 2**53
MIN_ORDER = 1e-100

Title = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        pattern=VISIBLE_LINE,
        description="What is to be done.",
        examples=["Water the plants"],
    ),
]
Notes = Annotated[
    str,
    Meta(max_length=10_000, pattern=TEXT, description="A text of several lines.", examples=["Not the cactus."]),
]
Tag = Annotated[str, Meta(min_length=1, max_length=50, pattern=VISIBLE_LINE, examples=["home"])]
Tags = Annotated[list[Tag], Meta(max_length=MAX_TAGS, description="Labels. Duplicates are removed.")]
Due = Annotated[
    str,
    Meta(
        pattern=rf"{DATE}({TIME})?(?!\n)$",
        description="An RFC 3339 date, or a date-time with an offset, which is stored in UTC to the second.",
        examples=["2026-12-24", "2026-12-24T18:00:00Z"],
    ),
]
Order = (
    Annotated[int, Meta(ge=-MAX_ORDER, le=MAX_ORDER, examples=[10])]
    | Annotated[
        float,
        Meta(
            ge=-MAX_ORDER,
            le=MAX_ORDER,
            # `_plain` refuses what is closer to 0 than DynamoDB can store.
            extra_json_schema={"anyOf": [{"maximum": -MIN_ORDER}, {"const": 0}, {"minimum": MIN_ORDER}]},
        ),
    ]
)
NormalDue = Annotated[str, Meta(examples=["2026-12-24T18:00:00Z"])]
# A client may send such a field back with the value that it read, and with no other.
_READ_ONLY = {"readOnly": True}
TodoUrl = Annotated[
    str,
    Meta(examples=["https://todo.example/api/todos/019a2f3b7c40a1b2c3d4e5f60718"], extra_json_schema=_READ_ONLY),
]
ReadOnlyTimestamp = Annotated[Timestamp, Meta(extra_json_schema=_READ_ONLY)]
TodoVersion = Annotated[
    int, Meta(description="A number that each change increases by 1.", examples=[3], extra_json_schema=_READ_ONLY)
]


class NewTodo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new to-do."""

    title: Title
    completed: bool = False
    order: Order | None = None
    notes: Notes = ""
    due: Due | None = None
    tags: Tags = []


class TodoChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A change of a to-do: any of its fields.

    A read-only field may have the value that was read, and no other.
    """

    title: Title | UnsetType = UNSET
    completed: bool | UnsetType = UNSET
    order: Order | UnsetType | None = UNSET
    notes: Notes | UnsetType = UNSET
    due: Due | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    url: TodoUrl | UnsetType = UNSET
    created_at: ReadOnlyTimestamp | UnsetType = UNSET
    updated_at: ReadOnlyTimestamp | UnsetType = UNSET
    version: TodoVersion | UnsetType = UNSET


CHANGEABLE = ("title", "completed", "order", "notes", "due", "tags")
READ_ONLY = ("created_at", "updated_at", "version")


class Todo(msgspec.Struct, frozen=True):
    """A stored to-do. Ids sort by the time at which they were made."""

    id: str
    title: str
    completed: bool
    order: int | float | None
    notes: str
    due: str | None
    tags: list[str]
    created_at: str
    updated_at: str
    version: int

    def changed(self, change: TodoChange, at: datetime) -> "Todo":
        """Apply a change; return the same to-do if nothing differs.

        Raises
        ------
        InvalidTodo
            A read-only field differs from the to-do's, or a field is not valid.
        """
        for name in READ_ONLY:
            if getattr(change, name) not in (UNSET, getattr(self, name)):
                raise InvalidTodo(change.__struct_encode_fields__[change.__struct_fields__.index(name)], "is read-only")
        sent = {name: getattr(change, name) for name in CHANGEABLE if getattr(change, name) is not UNSET}
        updated = msgspec.structs.replace(self, **_tidy(sent))
        if updated == self:
            return self
        return msgspec.structs.replace(updated, updated_at=timestamp(at), version=self.version + 1)


def new_todo(new: NewTodo, at: datetime) -> Todo:
    """Make a to-do.

    Raises
    ------
    InvalidTodo
        A field is not valid.
    """
    sent = _tidy({name: getattr(new, name) for name in CHANGEABLE})
    made_at = timestamp(at)
    return Todo(id=new_id(at), **sent, created_at=made_at, updated_at=made_at, version=1)


def normal_due(text: str, field: str = "due") -> str:
    """Write a `Due` so that texts sort as their times do; a date counts as its first moment in UTC.

    Raises
    ------
    InvalidTodo
        There is no such day or time, or its year in UTC is out of range; the exception names `field`.
    """
    try:
        if len(text) == len("2026-12-24"):
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidTodo(field, "is not a day or time that exists") from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InvalidTodo(field, f"is not between the years {FIRST_YEAR} and {LAST_YEAR} in UTC")
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _tidy(sent: dict[str, Any]) -> dict[str, Any]:
    tidy = dict(sent)
    if isinstance(order := sent.get("order"), float):
        tidy["order"] = _plain(order)
    if isinstance(due := sent.get("due"), str):
        tidy["due"] = normal_due(due)
    if isinstance(tags := sent.get("tags"), list):
        tidy["tags"] = list(dict.fromkeys(tags))
    return tidy


def _plain(order: float) -> int | float:
    """Write 1.0 as 1, as DynamoDB does; refuse what is closer to 0 than DynamoDB can store."""
    if 0 < abs(order) < MIN_ORDER:
        raise InvalidTodo("order", f"must be 0 or differ from 0 by at least {MIN_ORDER}")
    return int(order) if order.is_integer() else order
