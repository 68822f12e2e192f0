"""The throughput that one shard provides.

https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html: 1,000 records and 1 MiB a second for
writes; 5 calls of GetRecords and 2 MiB a second for reads. After a call that returned 10 MiB the next calls are refused
for 5 seconds (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html). MiniStack has no limits.
"""

import time
from collections.abc import Callable

_MEBIBYTE = 1024 * 1024
WRITES: tuple[float, float] = (1000, _MEBIBYTE)
READS: tuple[float, float] = (5, 2 * _MEBIBYTE)


class Throughput:
    """One shard's throughput in one direction: calls or records, and bytes, each with what one second provides."""

    def __init__(self, per_second: tuple[float, float], now: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._now = per_second, now
        self._left = per_second
        self._at = now()

    def take(self, size_bytes: int) -> bool:
        """Take one record with its bytes; returns False, and takes nothing, if not both are left."""
        units, left_bytes = self._refill()
        if units < 1 or left_bytes < size_bytes:
            return False
        self._left = units - 1, left_bytes - size_bytes
        return True

    def take_call(self) -> bool:
        """Take one call, whose bytes are not known yet; returns False if a call or the bytes are used up."""
        return self.take(0)

    def take_bytes(self, size_bytes: int) -> None:
        """Take the bytes of a call, which may be more than are left: the next calls wait for them."""
        self._left = self._left[0], self._left[1] - size_bytes

    def _refill(self) -> tuple[float, float]:
        now = self._now()
        seconds, self._at = now - self._at, now
        (units, left_bytes), (most_units, most_bytes) = self._left, self._per_second
        self._left = (
            min(most_units, units + seconds * most_units),
            min(most_bytes, left_bytes + seconds * most_bytes),
        )
        return self._left


class Throughputs:
    """The throughput of all shards in one direction, by stream ARN and shard id."""

    def __init__(self, per_second: tuple[float, float]) -> None:
        self._per_second = per_second
        self._by_shard: dict[tuple[str, str], Throughput] = {}

    def of(self, stream_arn: str, shard_id: str) -> Throughput:
        """The throughput of one shard."""
        key = stream_arn, shard_id
        return self._by_shard.get(key) or self._by_shard.setdefault(key, Throughput(self._per_second))
