"""An entitlement: who may watch what, and from when until when."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

PREMIUM = "premium"
VIDEO = "video#"


class Entitlement(msgspec.Struct, frozen=True, kw_only=True):
    """A viewer's right to watch one video, or every video.

    Times are seconds since 1970. Without `valid_until` the right does not end.
    """

    owner: str
    what: Annotated[str, Meta(pattern=r"^(premium|video#[0-9a-f]{28})(?!\n)$")]
    valid_from: int
    valid_until: int | None
    # The order or subscription that it comes from.
    source: str

    def is_valid(self, now: int) -> bool:
        """Whether it is valid at a time."""
        return self.valid_from <= now and (self.valid_until is None or now < self.valid_until)


def of_video(video_id: str) -> str:
    """Return what an entitlement to one video is for."""
    return VIDEO + video_id


def valid_until(entitlements: Iterable[Entitlement], now: int) -> tuple[bool, int | None]:
    """Return whether one of them is valid, and when the last of those ends; None for never."""
    ends = [entitlement.valid_until for entitlement in entitlements if entitlement.is_valid(now)]
    if not ends:
        return False, None
    return True, None if None in ends else max(end for end in ends if end is not None)
