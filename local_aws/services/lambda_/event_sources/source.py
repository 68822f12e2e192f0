"""The interface of an event source that consumers read: records, shards, and a kind of stream."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Record:
    """One record. Records with the same `key` stay in order, however many batches are processed at once."""

    sequence: int
    key: str
    arrived_at: float
    size_bytes: int
    # The record as it is in the event's `Records`.
    event: dict[str, Any]
    # The length of the event as JSON, if it is known without encoding it.
    json_bytes: int | None = None


class Shard(Protocol):
    """One ordered part of a stream."""

    @property
    def id(self) -> str:
        """The shard id, as AWS writes it."""

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of the shards whose records come before this one's."""

    @property
    def retention_seconds(self) -> float:
        """How long the shard keeps a record."""

    def start(self, mapping: dict[str, Any]) -> int:
        """The sequence number after which a new mapping reads, by its StartingPosition."""

    def read(self, after: int) -> Iterable[Record]:
        """The unexpired records with a higher sequence number, oldest first."""

    def is_finished(self, after: int) -> bool:
        """Whether there is no record after this one, and never will be."""


class Source(Protocol):
    """One kind of stream."""

    # The field of a destination's document that describes the batch.
    batch_info: str

    def owns(self, arn: str) -> bool:
        """Whether an event source's ARN is of this kind."""

    def shards(self, account: str, region: str, arn: str) -> list[Shard]:
        """All shards, parents before children."""

    def positions(self, account: str, region: str, uuid: str) -> dict[str, str]:
        """The highest sequence number that one mapping has processed, by lane. It is saved with the state."""

    def filtered(self, event: dict[str, Any]) -> dict[str, Any]:
        """The part of a record's event that filter patterns are matched with."""

    def completed(self, event: dict[str, Any], role_arn: str) -> dict[str, Any]:
        """A record's event as the function gets it; `role_arn` is the function's role."""
