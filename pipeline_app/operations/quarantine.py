"""Releases records from quarantine: puts them into the stream again, after what rejected them was changed.

A released record keeps its source id and its time of arrival, and says that it is released, so that it is validated as
at its arrival and is not counted as a new message.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import msgspec
from chalicelib.pipeline.delivery.model import Quarantined
from chalicelib.pipeline.delivery.ports import Quarantine


class QuarantineFiles(Quarantine, Protocol):
    """Quarantine as operators see it: files of records."""

    def names(self, prefix: str) -> Iterator[str]:
        """The names of the files that begin with a prefix, in their order."""

    def read(self, name: str) -> list[Quarantined]:
        """The records of a file."""

    def remove(self, name: str) -> None:
        """Remove a file whose records are released."""


class Stream(Protocol):
    """The stream of records."""

    def put(self, records: Sequence[tuple[str, bytes]]) -> None:
        """Put records, each with its partition key; returns when the stream has all of them."""


class Release:
    """The use cases of operators; `now` returns milliseconds since 1970."""

    def __init__(self, files: QuarantineFiles, stream: Stream, now: Callable[[], int]) -> None:
        self._files, self._stream, self._now = files, stream, now

    def listed(self, prefix: str) -> Iterator[tuple[str, list[Quarantined]]]:
        """The files below a prefix, such as `wrong_type/` or `wrong_type/2026-11-27/`, with their records."""
        for name in self._files.names(prefix):
            yield name, self._files.read(name)

    def release(self, prefix: str) -> int:
        """Release all records below a prefix, and remove their files; returns how many.

        A record that is no JSON object cannot carry the mark, and stays. An interrupted release is repeated; the
        reports count a message once.
        """
        count = 0
        for name, records in self.listed(prefix):
            marked = [_marked(record, self._now()) for record in records]
            self._stream.put([keyed for keyed in marked if keyed is not None])
            staying = [record for record, keyed in zip(records, marked, strict=True) if keyed is None]
            if not staying:
                self._files.remove(name)
            elif len(staying) < len(records):
                self._files.put(name, staying)
            count += len(records) - len(staying)
        return count


def _marked(record: Quarantined, released_at: int) -> tuple[str, bytes] | None:
    """The partition key and the record of the stream with its mark; None if it is no JSON object."""
    try:
        envelope: Any = msgspec.json.decode(record.record)
    except (ValueError, RecursionError):
        return None
    if not isinstance(envelope, dict):
        return None
    # Kinesis takes keys of up to 256 characters.
    key = str(envelope.get("device_id") or record.source_id or record.reason)[:256]
    return key, msgspec.json.encode({**envelope, "released_at": released_at})
