"""Links to content: what a viewer asks for, the limits, and the record of each link."""

from typing import Annotated, Literal

import msgspec
from chalicelib.video.catalogue.model import VideoId
from chalicelib.video.errors import WatchingLimit
from msgspec import Meta

Delivery = Literal["cookies", "url"]
Device = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=32,
        pattern=r"^[A-Za-z0-9_-]+(?!\n)$",
        description="A name that the client chose for itself. It stays the same when a link is renewed.",
        examples=["living-room-tv"],
    ),
]
HOUR = 3600


class PlayRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a viewer asks for. With `address` the link works from this IPv4 address only."""

    video_id: VideoId
    delivery: Delivery
    device: Device
    address: str | None = None


class Limits(msgspec.Struct, frozen=True):
    """How long a link lives, and how much one account watches."""

    link_seconds: int
    devices: int
    links_an_hour: int


class PlayRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One link that was issued: what for, to which device, and from when until when (seconds since 1970)."""

    video_id: VideoId
    delivery: Delivery
    device: Device
    issued: int
    until: int
    address: str = ""


class Plays(msgspec.Struct, frozen=True, kw_only=True):
    """An account's links: until when each device has one, and how many there were since the hour began."""

    version: int = 0
    devices: dict[str, int] = {}
    hour_began: int = 0
    links: int = 0
    # The newest link. The table's stream carries it to the records.
    last: PlayRecord | None = None

    def with_link(self, record: PlayRecord, limits: Limits) -> "Plays":
        """Return the account's links with one more.

        Raises
        ------
        WatchingLimit
            Other devices have as many links as an account may have, or there were too many links in this hour.
        """
        now = record.issued
        others = {name: until for name, until in self.devices.items() if until > now and name != record.device}
        if len(others) >= limits.devices:
            detail = f"The account watches on {limits.devices} devices already."
            raise WatchingLimit(detail, max(1, min(others.values()) - now))
        # A clock that is behind the one that began the hour does not begin another.
        began, links = (self.hour_began, self.links) if now < self.hour_began + HOUR else (now, 0)
        if links >= limits.links_an_hour:
            raise WatchingLimit(f"The account had {links} links in an hour.", max(1, began + HOUR - now))
        devices = {**others, record.device: max(record.until, self.devices.get(record.device, 0))}
        return Plays(version=self.version + 1, devices=devices, hour_began=began, links=links + 1, last=record)
