"""What playback needs from outside."""

from typing import Protocol

import msgspec
from chalicelib.video.catalogue.model import Video
from chalicelib.video.entitlements.model import Entitlement
from chalicelib.video.playback.model import PlayRecord, Plays


class PlayState(msgspec.Struct, frozen=True):
    """All that a decision about a link needs; `entitlements` are those that could allow this video."""

    video: Video | None
    entitlements: list[Entitlement]
    plays: Plays


class PlayStore(Protocol):
    """The accounts' links, and what decides about them."""

    def state(self, owner: str, video_id: str) -> PlayState:
        """Read the video, the viewer's entitlements and the account's links."""

    def save(self, owner: str, plays: Plays) -> Plays | None:
        """Write an account's links if nobody else has written them meanwhile.

        Returns None; if somebody has, nothing is written, and what they wrote is returned.
        """


class LinkSigner(Protocol):
    """Signs links to content with CloudFront's current key."""

    def signed_url(self, url: str, until: int, address: str | None) -> str:
        """Return the URL of one file, valid until a time (seconds since 1970), for one IPv4 address if it is given."""

    def signed_cookies(self, resource: str, until: int, address: str | None) -> dict[str, str]:
        """Return the cookies for all files that a resource with wildcards names."""


class RecordStore(Protocol):
    """The records of the links that were issued."""

    def add(self, owner: str, version: int, record: PlayRecord) -> None:
        """Write a record; a second time changes nothing."""
