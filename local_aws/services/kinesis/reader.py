"""Reads the shards of a stream in order: for event sources, Firehose, and whatever else consumes a stream.

    for shard in readable(shards(account, region, stream_arn), position_of):
        for record in shard.read(after=position_of(shard)):
            ...

A position is the sequence number of the last record that the consumer has processed in a shard; 0 is before the first.
A consumer keeps the positions of all shards that it has read. `readable` leaves out the shards whose parents it has not
finished, so that records of one partition key stay in order, and the closed shards that it has finished.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

from ministack.services import kinesis

from local_aws.services.kinesis import stream_data
from local_aws.services.kinesis.stream_data import ShardData, StoredRecord, Stream

_listeners: list[Callable[[str], None]] = []


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One record of a shard."""

    sequence: int
    partition_key: str
    # In base64.
    data: str
    # Epoch seconds.
    arrived_at: float


@dataclass(frozen=True)
class ShardReader:
    """Reads one shard. A shard that does not exist any more has no records and is closed."""

    account: str
    region: str
    stream_arn: str
    id: str
    # The shards that were split or merged into this one. They may be deleted already.
    parents: tuple[str, ...] = ()

    def read(self, after: int) -> Iterator[StreamRecord]:
        """The unexpired records with a higher sequence number, oldest first."""
        records = self._records()
        for stored in islice(records, bisect_right(records, after, key=_sequence), None):
            yield _record(stored)

    def is_finished(self, after: int) -> bool:
        """Whether the shard is closed and has no record after this one."""
        # In this order: a shard that is closed gets no more records.
        shard = self._shard()
        is_closed = shard is None or stream_data.is_closed(shard)
        return is_closed and next(self.read(after), None) is None

    def start(self, position: str, timestamp: float | None = None) -> int:
        """The position of a new consumer that starts at LATEST, TRIM_HORIZON or AT_TIMESTAMP (epoch seconds)."""
        records = self._records()
        if position == "AT_TIMESTAMP" and timestamp is not None:
            count = bisect_left(records, timestamp, key=stream_data.arrived_at)
        else:
            count = len(records) if position == "LATEST" else 0
        return _sequence(records[count - 1]) if count else 0

    @property
    def retention_seconds(self) -> float:
        """How long the stream keeps a record."""
        stream = self._stream()
        return 0.0 if stream is None else stream_data.retention_seconds(stream)

    def _stream(self) -> Stream | None:
        return _stream(self.account, self.region, self.stream_arn)

    def _shard(self) -> ShardData | None:
        stream = self._stream()
        shard: ShardData | None = None if stream is None else stream["shards"].get(self.id)
        return shard

    def _records(self) -> list[StoredRecord]:
        stream, shard = self._stream(), self._shard()
        return [] if stream is None or shard is None else stream_data.unexpired(stream, shard)


def shards(account: str, region: str, stream_arn: str) -> list[ShardReader]:
    """All shards of a stream, open and closed, parents before children; empty if there is no such stream."""
    stream = _stream(account, region, stream_arn)
    described = [] if stream is None else sorted(stream["shards"].items())
    return [ShardReader(account, region, stream_arn, shard_id, _parents(shard)) for shard_id, shard in described]


class OrderedShard(Protocol):
    """A shard of any kind of stream, with what decides when it may be read."""

    @property
    def id(self) -> str:
        """The shard id."""

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of the shards whose records come before this one's."""

    def is_finished(self, after: int) -> bool:
        """Whether there is no record after this one, and never will be."""


AnyShard = TypeVar("AnyShard", bound=OrderedShard)


def readable(all_shards: Iterable[AnyShard], position_of: Callable[[AnyShard], int]) -> list[AnyShard]:
    """The shards that a consumer with these positions may read now: unfinished, with all ancestors finished.

    `all_shards` has parents before children.
    """
    unread: set[str] = set()
    result = []
    for shard in all_shards:
        waits = any(parent in unread for parent in shard.parents)
        is_finished = not waits and shard.is_finished(position_of(shard))
        if not is_finished:
            unread.add(shard.id)
            if not waits:
                result.append(shard)
    return result


def listen(callback: Callable[[str], None]) -> None:
    """Call this with a stream's ARN after records arrived or shards changed. The call may come from any thread."""
    _listeners.append(callback)


def notify(stream_arn: str) -> None:
    """Tell the listeners that a stream has new records or shards."""
    for callback in _listeners:
        callback(stream_arn)


def _stream(account: str, region: str, stream_arn: str) -> Stream | None:
    stream: Stream | None = kinesis._streams.get_scoped(account, region, stream_arn.rpartition("/")[2])
    return stream if stream is not None and stream["StreamARN"] == stream_arn else None


def _parents(shard: ShardData) -> tuple[str, ...]:
    parents: tuple[Any, ...] = (shard.get("parent_shard_id"), shard.get("adjacent_parent_shard_id"))
    return tuple(str(parent) for parent in parents if parent)


def _sequence(record: StoredRecord) -> int:
    return int(record["SequenceNumber"])


def _record(stored: StoredRecord) -> StreamRecord:
    return StreamRecord(_sequence(stored), stored["PartitionKey"], stored["Data"], stream_data.arrived_at(stored))
