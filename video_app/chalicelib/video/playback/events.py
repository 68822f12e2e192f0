"""Changes of accounts' links, as the table's stream has them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from chalicelib.video.playback.model import PlayRecord, Plays


class IssuedLink(msgspec.Struct, frozen=True):
    """A link, of which account it is, and which of the account's it is."""

    owner: str
    version: int
    record: PlayRecord


def issued_link(change: Mapping[str, Any]) -> IssuedLink | None:
    """Read the link that a change has added; None if an item expired."""
    image = change["dynamodb"].get("NewImage")
    if image is None:
        return None
    plays = msgspec.json.decode(image["data"]["S"], type=Plays)
    return IssuedLink(image["owner"]["S"], plays.version, plays.last) if plays.last else None
