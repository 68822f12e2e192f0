"""What the health of the pipeline is read from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from chalicelib.pipeline.health.model import Counts, QueueDepth, Waiting
from chalicelib.pipeline.reports.model import Report


class Batches(Protocol):
    """The counts of the delivery's batches."""

    def of_minutes(self, minutes: Sequence[str]) -> Iterable[Counts]:
        """Return the batches whose first record arrived in one of these minutes, such as `2026-11-27T17:05`."""

    def positions(self) -> Mapping[str, str]:
        """Return the highest sequence number of each shard that the delivery has received."""


class Stream(Protocol):
    """The stream of records."""

    def waiting_after(self, positions: Mapping[str, str]) -> Waiting:
        """Look for the oldest record after these positions; of a shard without a position, for its oldest record."""


class Queues(Protocol):
    """The queues of the pipeline."""

    def depths(self) -> list[QueueDepth]:
        """Return how many messages each has."""


class Reports(Protocol):
    """The reports on the telemetry."""

    def failed(self, at_most: int) -> list[Report]:
        """Return the reports that have failed last and are not made from their newest data, the latest first."""
