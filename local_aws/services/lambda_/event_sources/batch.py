"""Collects the next batch of one lane of a shard."""

import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from local_aws.services.lambda_.event_sources.source import Record

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: the payload limit of
# a synchronous invocation.
MOST_BYTES = 6 * 1024 * 1024
_AROUND_BYTES = len('{"Records": []}')


@dataclass(frozen=True)
class Batch:
    """The records of one invocation. Other records up to `read_up_to` are filtered out or belong to other lanes."""

    records: list[Record]
    read_up_to: int
    # No more records fit.
    is_full: bool


@dataclass(frozen=True)
class Lane:
    """One of the `of` parts into which a mapping's ParallelizationFactor divides a shard, by record key."""

    number: int
    of: int

    def includes(self, record: Record) -> bool:
        """Whether a record belongs to this lane."""
        return self.of == 1 or zlib.crc32(record.key.encode()) % self.of == self.number


class BatchWindow:
    """Collects the lane's next records that match the mapping's filter, up to the size of a batch.

    It grows while the batching window is open. Each record is read, filtered and measured once.
    """

    def __init__(self, after: int, size: int, lane: Lane, matches_filter: Callable[[Record], bool]) -> None:
        self._size, self._lane, self._matches_filter = size, lane, matches_filter
        self._records: list[Record] = []
        self._bytes = _AROUND_BYTES
        self._is_full = False
        self.read_up_to = after

    def extend(self, records: Iterable[Record]) -> Batch:
        """Add the records that follow `read_up_to`; returns the batch so far."""
        for record in records:
            if self._is_full or not self._add(record):
                break
        return Batch(list(self._records), self.read_up_to, self._is_full)

    def _add(self, record: Record) -> bool:
        """Add or skip a record; returns False if it must begin the next batch."""
        if self._lane.includes(record) and self._matches_filter(record):
            self._bytes += (record.json_bytes or len(json.dumps(record.event))) + 2
            if self._records and self._bytes > MOST_BYTES:
                self._is_full = True
                return False
            self._records.append(record)
        self.read_up_to = record.sequence
        self._is_full = len(self._records) == self._size
        return True
