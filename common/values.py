"""Values that every app has alike: ids, texts, times, pages of a list."""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")

TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"

# What leaves no mark on a page: white space, the characters that Unicode calls default-ignorable, annotations and
# format controls, the empty Braille cell, and the noncharacters.
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
# Supplementary characters stand as themselves: a JSON Schema pattern is a regular expression with the flag `u`.
_INVISIBLE = (
    r"\s\x85\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    r"\u2800\u3000\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
) + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
_VISIBLE = rf"[^\x00-\x1f\x7f-\x9f{_INVISIBLE}]"
_SEEN = rf"[^\x00-\x1f\x7f-\x9f]*{_VISIBLE}[^\x00-\x1f\x7f-\x9f]*"
# One line without control characters and with at least one character that can be seen, for what becomes a heading, a
# name or a link. `(?!\n)` because `$` alone would let a last line feed pass.
VISIBLE_LINE = rf"^{_SEEN}(?!\n)$"
EMPTY_OR_VISIBLE_LINE = rf"^(?:{_SEEN})?(?!\n)$"

# Days and times in JSON Schema patterns: RFC 3339, https://www.rfc-editor.org/rfc/rfc3339
FIRST_YEAR, LAST_YEAR = 1000, 2999
# The whole calendar of these years, so that a client can check a date by the contract alone.
DAYS_OF_EVERY_YEAR = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
LEAP_YEAR = "([12][0-9](0[48]|[2468][048]|[13579][26])|(1[26]|2[048])00)"
DATE = f"^([12][0-9]{{3}}-{DAYS_OF_EVERY_YEAR}|{LEAP_YEAR}-02-29)"
HOUR_AND_MINUTE = r"([01][0-9]|2[0-3]):[0-5][0-9]"
TIME = rf"[Tt]{HOUR_AND_MINUTE}:[0-5][0-9](\.[0-9]{{1,9}})?([Zz]|[+-]{HOUR_AND_MINUTE})"

Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{28}(?!\n)$", examples=["019a2f3b7c40a1b2c3d4e5f60718"])]
Timestamp = Annotated[str, Meta(examples=["2026-11-23T08:30:00.000Z"], extra_json_schema={"format": "date-time"})]

# Whether a resource is as a client expects it.
Precondition = Callable[[T], bool]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Part of a list; `next_after` is the position after which the next page starts, None at the end."""

    items: list[T]
    next_after: str | None


def new_id(at: datetime) -> str:
    """Make an id: milliseconds since 1970 and 64 random bits, in 28 hexadecimal digits.

    A time before 1970, which a clock that is wrong tells, counts as 1970.
    """
    return f"{max(0, int(at.timestamp() * 1000)):012x}{secrets.token_hex(8)}"


def timestamp(at: datetime) -> str:
    """Write a time as RFC 3339 in UTC, to the millisecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def is_visible(text: str) -> bool:
    """Whether a text has at least one character that can be seen."""
    return re.search(_VISIBLE, text) is not None


def parse(text: str, kind: Any, error: Exception) -> str:
    """Return a text of the form that an annotated type, such as `Id`, requires; raise `error` for any other."""
    try:
        return str(msgspec.convert(text, kind))
    except msgspec.ValidationError as mismatch:
        raise error from mismatch
