"""What the fleet's use cases need from outside."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from chalicelib.pipeline.fleet.model import Alert, DeviceState, FleetSummary, MinuteState


class DeviceStates(Protocol):
    """The devices' states, and their alerts."""

    def read(self, device_ids: Iterable[str]) -> dict[str, DeviceState]:
        """Return the states that there are, by device; raises Refused as `write` does."""

    def write(self, before: DeviceState, after: DeviceState, alerts: Sequence[Alert]) -> None:
        """Replace a state, together with the alerts that have changed with it.

        Raises
        ------
        StateConflict
            The state is no longer `before`; nothing is written.
        Refused
            It cannot be written, now or later.
        """


class Minutes(Protocol):
    """The devices' minutes."""

    def read(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], MinuteState]:
        """Return the minutes that there are, by device and minute; raises Refused as `write` does."""

    def write(self, before: MinuteState, after: MinuteState) -> None:
        """Replace a minute.

        Raises
        ------
        StateConflict
            The minute is no longer `before`; nothing is written.
        Refused
            It cannot be written, now or later.
        """


class WatchList(Protocol):
    """The devices that are not silent, by the time of their last message."""

    def not_seen_since(self, milliseconds: int, at_most: int) -> list[str]:
        """Return devices whose last message is older."""

    def count_seen_since(self, milliseconds: int) -> int:
        """Count the devices whose last message is not older."""


class OpenAlerts(Protocol):
    """The alerts that are not cleared."""

    def count_by_rule(self) -> dict[str, int]:
        """Count them."""


class Summaries(Protocol):
    """Keeps the fleet's newest summary."""

    def put(self, summary: FleetSummary) -> None:
        """Replace it."""


class AlertPublisher(Protocol):
    """Tells subscribers of alerts."""

    def publish(self, state: str, alert: Alert) -> None:
        """Publish that an alert was `raised` or `cleared`; raises Refused if it can never be."""
