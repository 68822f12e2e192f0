"""One cache of a cluster: least recently used entries leave when it is full, and all when their time to live is over.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.concepts.html (item cache, query cache)
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")
# What an entry uses beside its value.
_ENTRY_BYTES = 300
MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Hit(Generic[Value]):
    """A value of the cache, which may be the absence of an item."""

    value: Value


@dataclass
class Counts:
    """How many reads a cache has answered, and how many it has not."""

    hits: int = 0
    misses: int = 0


class Cache(Generic[Value]):
    """Values by key.

    `ttl_millis` tells how long a new entry lives; 0 is without end.
    """

    def __init__(
        self,
        ttl_millis: Callable[[], int],
        size_of: Callable[[Value], int],
        clock: Callable[[], float] = time.monotonic,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._ttl_millis, self._size_of, self._clock, self._max_bytes = ttl_millis, size_of, clock, max_bytes
        self._entries: OrderedDict[Hashable, tuple[Value, float | None]] = OrderedDict()
        self._reading: dict[Hashable, object] = {}
        self.counts = Counts()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Hit[Value] | None:
        """The value of a key, which is counted as a hit; None, a miss, if it is absent or expired."""
        entry = self._entries.get(key)
        if entry is not None and (entry[1] is None or self._clock() < entry[1]):
            self._entries.move_to_end(key)
            self.counts.hits += 1
            return Hit(entry[0])
        self.remove(key)
        self.counts.misses += 1
        return None

    @contextmanager
    def reading(self, keys: Iterable[Hashable]) -> Iterator[Callable[[Hashable, Value], None]]:
        """Note that the values of keys are being read from DynamoDB.

        Yields the function that keeps one of them, unless its key was written or read again in the meantime.
        """
        token, read_keys = object(), frozenset(keys)
        self._reading.update(dict.fromkeys(read_keys, token))

        def keep(key: Hashable, value: Value) -> None:
            if self._reading.get(key) is token:
                self.put(key, value)

        try:
            yield keep
        finally:
            for key in read_keys:
                if self._reading.get(key) is token:
                    del self._reading[key]

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, for a new time to live."""
        self.remove(key)
        ttl, size = self._ttl_millis(), self._size_of(value) + _ENTRY_BYTES
        if size > self._max_bytes:
            return
        self._entries[key] = value, (self._clock() + ttl / 1000 if ttl else None)
        self.bytes += size
        while self.bytes > self._max_bytes:
            self._discard(next(iter(self._entries)))

    def remove(self, key: Hashable) -> None:
        """Remove a value, and let no read that has begun bring it back."""
        self._reading.pop(key, None)
        self._discard(key)

    def _discard(self, key: Hashable) -> None:
        if entry := self._entries.pop(key, None):
            self.bytes -= self._size_of(entry[0]) + _ENTRY_BYTES
