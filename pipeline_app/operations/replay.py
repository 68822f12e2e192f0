"""Replay: records of the stream go through the delivery again.

Each is put into the stream once more, marked with the time of its release. The delivery writes its row again, and the
reports count each message once; the fleet's state and minutes leave marked records out. So a replay counts nothing
twice. Records that a replay or a release has put are not put again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from operations.counts import counted
from operations.telemetry_stream import MOST_RECORDS, StreamRecord


class Stream(Protocol):
    """Where records are read from, and put again."""

    def arrived(self, since_ms: int, until_ms: int) -> Iterable[StreamRecord]:
        """Read what arrived from `since_ms` to before `until_ms`."""

    def put(self, records: list[tuple[str, bytes]]) -> None:
        """Put records with their partition keys."""


@dataclass(frozen=True)
class Replayed:
    """How many records were put again, were put again before, and are not what the topic rule writes."""

    put: int = 0
    released: int = 0
    unreadable: int = 0

    def __str__(self) -> str:
        """Say it to an operator."""
        said = f"put into the stream again: {counted(self.put, 'message')}"
        if self.released:
            said += f"; left out, because a replay or a release has put them: {self.released}"
        if self.unreadable:
            said += f"; left out, because they are no messages of devices: {self.unreadable}"
        return said


def replay(stream: Stream, since_ms: int, until_ms: int, now: Callable[[], int]) -> Replayed:
    """Put the records that arrived from `since_ms` to before `until_ms` into the stream again.

    Times are in milliseconds since 1970. What is put meanwhile is not read: `until_ms` is at most now.
    """
    counts = {"put": 0, "released": 0, "unreadable": 0}
    waiting: list[tuple[str, bytes]] = []
    for record in stream.arrived(since_ms, min(until_ms, now())):
        envelope = _envelope(record.data)
        if envelope is None:
            counts["unreadable"] += 1
        elif envelope.get("released_at") is not None:
            counts["released"] += 1
        else:
            counts["put"] += 1
            waiting.append((record.partition_key, msgspec.json.encode({**envelope, "released_at": now()})))
        if len(waiting) == MOST_RECORDS:
            stream.put(waiting)
            waiting = []
    stream.put(waiting)
    return Replayed(**counts)


def _envelope(data: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (ValueError, RecursionError):
        # A record that is nested deeply is a RecursionError.
        return None
