"""A message's identity, and what is said of it where it is found."""

import re
from typing import NamedTuple

# A wrong message may be no JSON; its id is found all the same.
_ID = re.compile(rb'"id"\s*:\s*"([A-Za-z0-9_.:-]{1,64})"')
DELIVERED, QUARANTINED, DROPPED = "delivered", "quarantined", "dropped"


class MessageKey(NamedTuple):
    """A message of a device; the device may send it more than once."""

    device_id: str
    message_id: str


class Expected(NamedTuple):
    """A message that was acknowledged, and what must have become of it; times are in milliseconds since 1970."""

    key: MessageKey
    outcome: str
    event_time_ms: int
    acked_at_ms: int


def message_id(payload: bytes) -> str | None:
    """Find the id in what a device has sent; None if there is none."""
    match = _ID.search(payload)
    return match.group(1).decode() if match else None
