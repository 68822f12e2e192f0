"""The ledger: one line of JSON for each message that AWS IoT has acknowledged, so that loss can be counted.

`{"device_id", "message_id", "event_time_ms", "acked_at_ms", "expect"}`; `expect` is `delivered`, `quarantined` or
`dropped`. A message that was acknowledged twice, because it was sent again after a reconnect, has one line.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from simulator.messages import Outgoing


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One line of the ledger; times are in milliseconds since 1970."""

    device_id: str
    message_id: str
    event_time_ms: int
    acked_at_ms: int
    expect: str


class Ledger:
    """Appends to one file; each process has its own."""

    def __init__(self, file: Path, now_ms: Callable[[], int]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = file.open("ab")
        self._now_ms = now_ms
        self._encoder = msgspec.json.Encoder()

    def acknowledged(self, message: Outgoing) -> None:
        """Write that a message was acknowledged."""
        entry = Entry(message.device, message.message_id, message.event_time_ms, self._now_ms(), message.expect)
        self._file.write(self._encoder.encode(entry) + b"\n")

    def flush(self) -> None:
        """Make all lines readable for other processes."""
        self._file.flush()

    def close(self) -> None:
        """Make all lines durable."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def entries(folder: Path) -> Iterator[Entry]:
    """Read the ledger of all simulations of a stage. A last line that was cut off by a crash is left out."""
    decoder = msgspec.json.Decoder(Entry)
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield decoder.decode(line)


def delete(folder: Path) -> None:
    """Delete the ledger of a stage, whose messages are deleted too."""
    for file in folder.glob("*.jsonl"):
        file.unlink()
