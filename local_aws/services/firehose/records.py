"""Records on their way through a delivery stream."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Position(NamedTuple):
    """A record's place in the Kinesis stream: the shard and the sequence number."""

    shard: str
    sequence: int


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A record as the Kinesis stream has it."""

    position: Position
    # In base64, as the stream stores it and as a function gets it.
    data: str
    # Epoch seconds.
    arrived_at: float
    partition_key: str

    @property
    def id(self) -> str:
        """The record id that a function gets. A record that is read again has the same id."""
        return f"{self.position.shard}:{self.position.sequence}"

    @property
    def size_bytes(self) -> int:
        """The size before base64."""
        return len(self.data) // 4 * 3

    def without_data(self) -> "SourceRecord":
        """The record as it waits for its delivery: its data would take as much memory as the transformed data."""
        return SourceRecord(self.position, "", self.arrived_at, self.partition_key)


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """A record that is to be delivered to a partition, which is named by the values of its partition keys.

    `source` is without data.
    """

    source: SourceRecord
    data: bytes
    partition: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """A record that is delivered as an error document.

    `output_type` is the value of `!{firehose:error-output-type}`.
    """

    source: SourceRecord
    output_type: str
    code: str
    message: str
    attempts: int = 1
    # What is not delivered, in base64; None for what the source has.
    raw: str | None = None
    # What the document has beside the fields that all have.
    details: dict[str, object] = field(default_factory=dict)


PROCESSING_FAILED = "processing-failed"
CONVERSION_FAILED = "format-conversion-failed"
