"""What is known of a device, of one of its minutes, and of an alert."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from chalicelib.pipeline.telemetry.model import Heartbeat, Reading
from msgspec import Meta

from common.values import DATE, HOUR_AND_MINUTE, Timestamp, timestamp

MEASUREMENTS = ("temperature", "humidity", "pressure", "battery")
SILENCE = "silence"

Minute = Annotated[str, Meta(pattern=rf"{DATE}T{HOUR_AND_MINUTE}(?!\n)$", examples=["2026-11-27T17:05"])]


class Message(msgspec.Struct, frozen=True):
    """A message of a device, and its sequence number in the stream."""

    sequence: str
    content: Reading | Heartbeat


class Alert(msgspec.Struct, frozen=True):
    """A rule that a device has broken, from when until when.

    Times are milliseconds since 1970. Of silence, `value` is the seconds without a message.
    """

    device_id: str
    rule: str
    raised_at: int
    value: float
    limit: float
    cleared_at: int | None = None
    cleared_value: float | None = None


class DeviceState(msgspec.Struct, frozen=True):
    """What is known of a device now.

    `last_sequence` is the sequence number of the last message that is part of it, `last_seen` the time when a message
    last arrived, `event_time` the time of the newest reading; times are milliseconds since 1970. `alerts` has the open
    alerts by rule. `version` counts the state's changes.
    """

    device_id: str
    version: int = 0
    last_sequence: str = "0"
    last_seen: int = 0
    event_time: int | None = None
    measurements: dict[str, float] = {}
    alerts: dict[str, Alert] = {}

    @property
    def is_silent(self) -> bool:
        """Whether the device has sent nothing for too long."""
        return SILENCE in self.alerts


class Aggregate(msgspec.Struct, frozen=True):
    """The values of one measurement in one minute."""

    count: int
    sum: float
    min: float
    max: float

    def with_value(self, value: float) -> "Aggregate":
        """Add a value."""
        return Aggregate(self.count + 1, self.sum + value, min(self.min, value), max(self.max, value))


class MinuteState(msgspec.Struct, frozen=True):
    """The readings of one device in one minute of its own time, such as `2026-11-27T17:05` in UTC."""

    device_id: str
    minute: Minute
    last_sequence: str = "0"
    readings: int = 0
    measurements: dict[str, Aggregate] = {}


class FleetSummary(msgspec.Struct, frozen=True):
    """The numbers of a fleet at one time, in milliseconds since 1970."""

    at: int
    online: int
    silent: int
    open_alerts: dict[str, int]


class StateConflict(Exception):
    """What was read has been changed by another function since."""


def minute_of(milliseconds: int) -> str:
    """Return the minute in UTC that contains a time."""
    return datetime.fromtimestamp(milliseconds // 60_000 * 60, UTC).strftime("%Y-%m-%dT%H:%M")


def at(milliseconds: int) -> Timestamp:
    """Write a time."""
    return timestamp(datetime.fromtimestamp(milliseconds / 1000, UTC))
