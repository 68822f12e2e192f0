"""Idempotency keys: requests with the same key and the same body have the effect of one."""

import hashlib
import re
from typing import Annotated

import msgspec
from msgspec import Meta

from common.http.problems import invalid_header

HEADER = "Idempotency-Key"
_PATTERN = r"^[!-~]{1,255}$"
_KEY = re.compile(_PATTERN)
Key = Annotated[
    str,
    Meta(
        pattern=_PATTERN,
        description="Requests with the same key and the same body within 24 hours have the effect of one.",
        examples=["a5b1c9d2"],
    ),
]


class Idempotency(msgspec.Struct, frozen=True):
    """A client's key, and a fingerprint of its request's body."""

    key: str
    fingerprint: str


def idempotency(header: str | None, body: msgspec.Struct) -> Idempotency | None:
    """Read the header; None without one. The fingerprint ignores white space and the order of the fields.

    Raises
    ------
    Problem
        400: the key is not 1 to 255 printable ASCII characters.
    """
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        raise invalid_header(HEADER, "must be 1 to 255 printable ASCII characters without spaces")
    return Idempotency(header, hashlib.sha256(msgspec.json.encode(body)).hexdigest())
