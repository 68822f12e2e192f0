"""The delivery buffer: one part for each active partition.

https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html: a partition is delivered when its buffer has
the configured size or age. There are at most 500 active partitions; records of further ones fail.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from local_aws.services.firehose.records import OutputRecord

MAX_ACTIVE = 500


@dataclass
class Partition:
    """The records of one partition that are not in S3 yet."""

    opened_at: float
    records: list[OutputRecord] = field(default_factory=list)
    size_bytes: int = 0
    # After a failed delivery, not before then.
    retry_at: float = 0
    failures: int = 0

    def add(self, record: OutputRecord) -> None:
        """Add a record."""
        self.records.append(record)
        self.size_bytes += len(record.data)


class Partitions:
    """The active partitions by the values of their keys. They change on the server's event loop only."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.active: dict[tuple[str, ...], Partition] = {}
        self._now = now

    @property
    def size_bytes(self) -> int:
        """The size of all buffers."""
        return sum(partition.size_bytes for partition in self.active.values())

    def add(self, records: Iterable[OutputRecord]) -> list[OutputRecord]:
        """Add records to their partitions; returns those that exceed the limit of active partitions."""
        exceeding = []
        for record in records:
            partition = self.active.get(record.partition)
            if partition is None and len(self.active) >= MAX_ACTIVE:
                exceeding.append(record)
                continue
            if partition is None:
                partition = self.active[record.partition] = Partition(self._now())
            partition.add(record)
        return exceeding

    def next_due(self, buffer_bytes: int, buffer_seconds: float) -> tuple[tuple[str, ...], float] | None:
        """The partition that is due first, and in how many seconds; None without partitions."""
        due = [(self._due_at(partition, buffer_bytes, buffer_seconds), key) for key, partition in self.active.items()]
        if not due:
            return None
        at, key = min(due)
        return key, at - self._now()

    def _due_at(self, partition: Partition, buffer_bytes: int, buffer_seconds: float) -> float:
        at = partition.opened_at if partition.size_bytes >= buffer_bytes else partition.opened_at + buffer_seconds
        return max(at, partition.retry_at)

    def note_failure(self, key: tuple[str, ...]) -> None:
        """Delay a partition whose delivery failed: by a second, then twice as long each time, up to a minute."""
        partition = self.active[key]
        partition.retry_at = self._now() + min(2.0**partition.failures, 60)
        partition.failures += 1
