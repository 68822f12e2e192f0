"""What delivery needs from outside."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.pipeline.delivery.model import BatchCounts, Quarantined


class Quarantine(Protocol):
    """Keeps records that are not delivered."""

    def put(self, name: str, records: Sequence[Quarantined]) -> None:
        """Keep records under a name; the same name replaces what was kept."""


class FileGone(Exception):
    """The file is not there any more: its records were released, or it has expired."""


class Batches(Protocol):
    """Keeps the counts of batches."""

    def put(self, counts: BatchCounts) -> None:
        """Keep a batch's counts; those of a repeated batch replace the first."""
