"""The shards of a stream, open and closed, in MiniStack's store, which the server saves with its state.

A closed shard stays with its records until they are expired; its children get the records that arrive later
(https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html). MiniStack deletes a shard
that is split or merged, and its unread records with it, and looks at every record of a stream for each record that is
put.

Requests, IoT rules and other services write from several threads: `lock` is held during each change. A list of records
is only appended to; what shortens it makes a new list. So a thread may read the list that it has got without the lock.
"""

import threading
import time
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from local_aws.hooks import replaces, wraps
from local_aws.services.kinesis.sequence_numbers import next_sequence_number

Stream = dict[str, Any]
ShardData = dict[str, Any]
StoredRecord = dict[str, Any]

lock = threading.RLock()
_CLOSED = "ending_sequence_number"
# Expired records are not read any more. They are deleted when they are this old, so that one deletion removes many.
_TRIM_SECONDS = 60.0
# Puts look for expired records this often.
_EXPIRY_SECONDS = 1.0


def is_closed(shard: ShardData) -> bool:
    """Whether a shard was split or merged, so that it gets no more records."""
    return _CLOSED in shard


def close(shard: ShardData) -> None:
    """Close a shard; its records stay."""
    shard[_CLOSED] = next_sequence_number()
    shard["closed_at"] = time.time()


def open_shards(stream: Stream) -> dict[str, ShardData]:
    """The shards that get records, by id."""
    return {shard_id: shard for shard_id, shard in stream["shards"].items() if not is_closed(shard)}


def unexpired(stream: Stream, shard: ShardData) -> list[StoredRecord]:
    """The shard's records within the stream's retention period, oldest first. The caller must not change the list."""
    records: list[StoredRecord] = shard["records"]
    oldest = time.time() - retention_seconds(stream)
    if not records or arrived_at(records[0]) >= oldest:
        return records
    return records[bisect_left(records, oldest, key=arrived_at) :]


def retention_seconds(stream: Stream) -> float:
    """How long a stream keeps a record."""
    return float(stream["RetentionPeriodHours"]) * 3600


def arrived_at(record: StoredRecord) -> float:
    """When a record arrived, in epoch seconds."""
    return float(record["ApproximateArrivalTimestamp"])


@replaces("ministack.services.kinesis:_expire_records")
def expire(stream: Stream) -> None:
    """Delete what has been expired for a while: records, and closed shards."""
    oldest = time.time() - retention_seconds(stream)
    with lock:
        for shard_id, shard in list(stream["shards"].items()):
            records = shard["records"]
            if records and arrived_at(records[0]) < oldest - _TRIM_SECONDS:
                shard["records"] = records[bisect_left(records, oldest, key=arrived_at) :]
            if is_closed(shard) and shard["closed_at"] < oldest:
                del stream["shards"][shard_id]


def expire_now_and_then(stream: Stream) -> None:
    """Delete what has been expired for a while, if this was not done within the last second."""
    now = time.monotonic()
    if now >= _next_expiry.get(stream["StreamARN"], 0.0):
        _next_expiry[stream["StreamARN"]] = now + _EXPIRY_SECONDS
        expire(stream)


@replaces("ministack.services.kinesis:_route_to_shard")
def open_shard_of(hash_key: int, stream: Stream) -> str:
    """The id of the open shard that gets the records of a hash key."""
    return Routes(stream).shard_of(hash_key)


def routes_of(stream: Stream) -> "Routes":
    """The routes of a stream, which are made again when its open shards have changed. The caller holds `lock`."""
    known = _routes.get(stream["StreamARN"])
    if known is None or not known.are_valid(stream):
        known = _routes[stream["StreamARN"]] = Routes(stream)
    return known


class Routes:
    """The open shards by hash key, for many records."""

    def __init__(self, stream: Stream) -> None:
        self._open = _ends(stream)
        shards = sorted((int(end), name) for name, end in self._open.items())
        self._ends = [end for end, _ in shards]
        self._names = [name for _, name in shards]

    def are_valid(self, stream: Stream) -> bool:
        """Whether the stream's open shards are still the same."""
        return self._open == _ends(stream)

    def shard_of(self, hash_key: int) -> str:
        """The id of the shard; the ranges of the open shards cover all hash keys."""
        return self._names[bisect_left(self._ends, hash_key)]


def _ends(stream: Stream) -> dict[str, str]:
    """The last hash key of each open shard."""
    return {name: shard["ending_hash_key"] for name, shard in stream["shards"].items() if _CLOSED not in shard}


# By stream ARN.
_routes: dict[str, Routes] = {}
_next_expiry: dict[str, float] = {}


@wraps("ministack.services.kinesis:_shard_out")
def _with_end_of_range(describe: Callable[[str, ShardData], dict[str, Any]], shard_id: str, shard: ShardData) -> Any:
    described = describe(shard_id, shard)
    if is_closed(shard):
        described["SequenceNumberRange"]["EndingSequenceNumber"] = shard[_CLOSED]
    return described
