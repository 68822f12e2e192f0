"""The cached objects of one distribution. Size is bounded; the least recently used are evicted first."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from local_aws.services.cloudfront.cache_control import Freshness
from local_aws.services.cloudfront.cache_key import Key

_MOST_OBJECTS = 10_000
_MOST_BYTES = 64 * 1024 * 1024
# One object may take at most a quarter of the cache.
_LARGEST_PART = 4
# Python's approximate memory for an object beside its body and header values.
_OVERHEAD_BYTES = 2_000
_REMEMBERED_INVALIDATIONS = 1_000


@dataclass
class Entry:
    """One cached response of an origin, or a cached error. Times are of one monotonic clock."""

    address: str
    status: int
    headers: dict[str, Any]
    body: bytes
    stored_at: float
    fresh_until: float
    freshness: Freshness
    origin_status: int
    is_generated: bool = False
    # The number of the fetch that returned it. A higher number is newer, whichever response arrives first.
    fetch: int = 0
    # After an error, the origin is not asked again before this time.
    retry_at: float = 0.0

    @property
    def is_error(self) -> bool:
        """Whether the origin answered with an error; a custom error page may have another status."""
        return self.origin_status >= 400

    @property
    def size(self) -> int:
        """The approximate size in memory, in bytes."""
        return len(self.body) + len(self.address) + sum(len(str(value)) for value in self.headers.values())

    def is_fresh(self, now: float) -> bool:
        """Whether it may be served without asking the origin."""
        return now < self.fresh_until or now < self.retry_at

    def may_replace_error(self, now: float) -> bool:
        """Whether it may be served in place of an origin's error."""
        limit = self.freshness.stale_if_error
        return not self.is_error and (limit is None or now < self.fresh_until + limit)


class EdgeCache:
    """The cache of one distribution. It is used on one event loop only."""

    def __init__(self, most_objects: int = _MOST_OBJECTS, most_bytes: int = _MOST_BYTES) -> None:
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._most_objects = most_objects
        self._most_bytes = most_bytes
        self._invalidations: deque[tuple[int, Callable[[str], bool]]] = deque(maxlen=_REMEMBERED_INVALIDATIONS)
        self.bytes = 0
        self.generation = 0
        self._fetches = 0
        # Fetches that have begun; simultaneous requests for the same object wait for them.
        self.fetches_in_progress: dict[Key, asyncio.Future[Any]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, *keys: Key) -> Entry | None:
        """The entry of the first of these keys that is cached, fresh or not."""
        for key in keys:
            if entry := self._entries.get(key):
                self._entries.move_to_end(key)
                return entry
        return None

    def begin_fetch(self) -> int:
        """Count a fetch that begins now; returns its number."""
        self._fetches += 1
        return self._fetches

    def put(self, key: Key, entry: Entry, generation: int) -> None:
        """Cache an entry in place of an older one.

        An entry is not cached if it is too large, or was invalidated after `generation`, when its request came.
        """
        if self._was_invalidated(entry.address, generation) or not self.remove_older(key, entry.fetch):
            return
        size = entry.size + _OVERHEAD_BYTES
        if size * _LARGEST_PART > self._most_bytes:
            return
        self._entries[key] = entry
        self.bytes += size
        while len(self._entries) > self._most_objects or self.bytes > self._most_bytes:
            self.remove(next(iter(self._entries)))

    def remove_older(self, key: Key, fetch: int) -> bool:
        """Remove the object if an earlier fetch returned it; False if a later one did, and it stays."""
        current = self._entries.get(key)
        if current and current.fetch > fetch:
            return False
        self.remove(key)
        return True

    def remove(self, key: Key) -> None:
        """Remove one object."""
        if entry := self._entries.pop(key, None):
            self.bytes -= entry.size + _OVERHEAD_BYTES

    def invalidate(self, paths: Iterable[str]) -> None:
        """Remove every version of exactly these paths; `*` at the end stands for any characters."""
        matches = _matcher(paths)
        self.generation += 1
        self._invalidations.append((self.generation, matches))
        for key in [key for key, entry in self._entries.items() if matches(entry.address)]:
            self.remove(key)
        # Later requests do not share a fetch that began before the invalidation.
        for key in [key for key in self.fetches_in_progress if matches(key[1])]:
            del self.fetches_in_progress[key]

    def _was_invalidated(self, address: str, since: int) -> bool:
        if self._invalidations and self._invalidations[0][0] > since + 1:
            return True
        return any(number > since and matches(address) for number, matches in self._invalidations)


def _matcher(paths: Iterable[str]) -> Callable[[str], bool]:
    patterns = list(paths)
    exact = {path for path in patterns if not path.endswith("*")}
    starts = tuple(path[:-1] for path in patterns if path.endswith("*"))
    return lambda address: address in exact or address.startswith(starts)
