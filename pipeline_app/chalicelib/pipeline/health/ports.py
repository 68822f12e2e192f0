"""What the health of the pipeline is read from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from chalicelib.pipeline.health.model import BatchCounts, QueueDepth


class Batches(Protocol):
    """The counts of the delivery's batches."""

    def of_minutes(self, minutes: Sequence[str]) -> Iterable[BatchCounts]:
        """Return the batches whose first record arrived in one of these minutes, such as `2026-11-27T17:05`."""


class Stream(Protocol):
    """The stream of records."""

    def oldest_after(self, positions: Mapping[str, str], since: int) -> int | None:
        """Return when the oldest record after these positions arrived, in milliseconds since 1970; None if none is.

        Of a shard without a position it is the oldest record since a time.

        Raises
        ------
        Busy
            The stream's consumers use up its reads.
        """


class Queues(Protocol):
    """The queues of the pipeline."""

    def depths(self) -> list[QueueDepth]:
        """Return how many messages each has."""
