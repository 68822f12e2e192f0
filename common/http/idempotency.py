"""Idempotency keys: the same key and the same body are one request, however often it is sent."""

import hashlib
import re
from typing import Annotated

import msgspec
from msgspec import Meta

from common.http.problems import invalid_header

HEADER = "Idempotency-Key"
LIFETIME_SECONDS = 24 * 3600
_PATTERN = r"^[!-~]{1,255}$"
_KEY = re.compile(_PATTERN)
Key = Annotated[
    str,
    Meta(
        pattern=_PATTERN,
        description="The same key with the same body is one request, however often it is sent within 24 hours.",
        examples=["a5b1c9d2"],
    ),
]


class Idempotency(msgspec.Struct, frozen=True):
    """A client's key and a fingerprint of the body that came with it."""

    key: str
    fingerprint: str


def idempotency(header: str | None, body: msgspec.Struct) -> Idempotency | None:
    """Read the header; None without one. White space and order of fields make no difference to the fingerprint.

    Raises
    ------
    Problem
        400: not 1 to 255 printable ASCII characters.
    """
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        raise invalid_header(HEADER, "must be 1 to 255 printable ASCII characters without spaces")
    return Idempotency(header, hashlib.sha256(msgspec.json.encode(body)).hexdigest())
