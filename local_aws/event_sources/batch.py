"""Gathering the next batch of one lane of a shard."""

import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from local_aws.event_sources.source import Record

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


def gathered(
    records: Iterable[Record], after: int, size: int, lane: Lane, is_wanted: Callable[[Record], bool]
) -> Batch:
    """The lane's first records that its mapping's filter lets through, as many as one invocation takes."""
    batch: list[Record] = []
    total_bytes = _AROUND_BYTES
    for record in records:
        if lane.takes(record) and is_wanted(record):
            total_bytes += len(json.dumps(record.event)) + 2
            if batch and total_bytes > MOST_BYTES:
                return Batch(batch, after, is_full=True)
            batch.append(record)
        after = record.sequence
        if len(batch) == size:
            return Batch(batch, after, is_full=True)
    return Batch(batch, after, is_full=False)
