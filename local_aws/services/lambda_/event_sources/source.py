"""What the loop needs to know of a stream, whatever kind it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Record:
    """One record; those with the same `key` keep their order however many batches are processed at once."""

    sequence: int
    key: str
    arrived_at: float
    size_bytes: int
    # As it stands in the event's `Records`.
    event: dict[str, Any]


class Shard(Protocol):
    """One ordered part of a stream."""

    @property
    def id(self) -> str:
        """Its id as AWS writes it."""

    @property
    def retention_seconds(self) -> float:
        """How long it keeps a record."""

    def start(self, mapping: dict[str, Any]) -> int:
        """The sequence number after which a new mapping reads, by its StartingPosition."""

    def read(self, after: int) -> Iterable[Record]:
        """The unexpired records with a higher sequence number, oldest first."""


class Source(Protocol):
    """One kind of stream."""

    # The field of a destination's document that describes the batch.
    batch_info: str

    def owns(self, arn: str) -> bool:
        """Whether an event source's ARN is of this kind."""

    def shards(self, account: str, region: str, arn: str) -> list[Shard]:
        """The shards that may be read now; a shard that must wait for its parent is not among them."""

    def positions(self, account: str, region: str, uuid: str) -> dict[str, str]:
        """What one mapping has processed, by lane: the highest sequence number; saved with the state."""
