"""The next batch of one lane of a shard."""

import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from local_aws.services.lambda_.event_sources.source import Record

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: of a synchronous invocation's event.
MOST_BYTES = 6 * 1024 * 1024
_AROUND_BYTES = len('{"Records": []}')


@dataclass(frozen=True)
class Batch:
    """Records for one invocation; what lies before `read_up_to` and is not among them is not this lane's business."""

    records: list[Record]
    read_up_to: int
    # No record more would fit.
    is_full: bool


@dataclass(frozen=True)
class Lane:
    """One of the `of` parts into which a mapping's ParallelizationFactor divides the keys of a shard."""

    number: int
    of: int

    def takes(self, record: Record) -> bool:
        """Whether a record belongs here."""
        return self.of == 1 or zlib.crc32(record.key.encode()) % self.of == self.number


class BatchWindow:
    """The lane's next records that its mapping's filter lets through, as many as one invocation takes.

    It grows while its batching window is open: what it has taken is not read, filtered or measured again.
    """

    def __init__(self, after: int, size: int, lane: Lane, is_wanted: Callable[[Record], bool]) -> None:
        self._size, self._lane, self._is_wanted = size, lane, is_wanted
        self._records: list[Record] = []
        self._bytes = _AROUND_BYTES
        self._is_full = False
        self.read_up_to = after

    def with_more(self, records: Iterable[Record]) -> Batch:
        """The batch as it is with the records that follow `read_up_to`."""
        for record in records:
            if self._is_full or not self._passes(record):
                break
        return Batch(list(self._records), self.read_up_to, self._is_full)

    def _passes(self, record: Record) -> bool:
        """Take a record or leave it to other lanes; False when it is to be the next batch's first."""
        if self._lane.takes(record) and self._is_wanted(record):
            self._bytes += len(json.dumps(record.event)) + 2
            if self._records and self._bytes > MOST_BYTES:
                self._is_full = True
                return False
            self._records.append(record)
        self.read_up_to = record.sequence
        self._is_full = len(self._records) == self._size
        return True
