"""Releases records from quarantine: puts them into the stream again, after what rejected them was changed.

A released record keeps its source id and its time of arrival, and says that it is released, so that it is validated as
at its arrival and is not counted as a new message. One release runs at a time, and it puts each record once; a release
that was interrupted may have left a record in two files.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

import msgspec
from chalicelib.pipeline.delivery.model import Quarantined
from chalicelib.pipeline.delivery.ports import FileGone, Quarantine

from operations.counts import counted

KeyedRecord = tuple[str, bytes]


class QuarantineFiles(Quarantine, Protocol):
    """Quarantine as operators see it: files of records."""

    def names(self, prefix: str) -> Iterator[str]:
        """The names of the files that begin with a prefix, in their order."""

    def read(self, name: str) -> list[Quarantined]:
        """The records of a file; raises FileGone."""

    def remove(self, name: str) -> None:
        """Remove a file whose records are released."""


class Stream(Protocol):
    """The stream of records."""

    def put(self, records: Sequence[tuple[str, bytes]]) -> None:
        """Put records, each with its partition key; returns when the stream has all of them."""


class Lease(Protocol):
    """Lets one release run at a time."""

    def held(self) -> AbstractContextManager[None]:
        """Have the lease for a time; raises LeaseHeld."""

    def renew(self) -> None:
        """Have it for longer; raises LeaseHeld."""


@dataclass
class Released:
    """What a release has done: records put, records that were put before, files that were gone."""

    put: int = 0
    doubles: int = 0
    gone: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Say it to an operator."""
        said = f"put into the stream again: {counted(self.put, 'record')}"
        if self.doubles:
            said += f"; removed as repeated: {counted(self.doubles, 'record')}"
        if self.gone:
            said += f"; files that were gone: {', '.join(self.gone)}"
        return said


class Release:
    """The use cases of operators; `now` returns milliseconds since 1970."""

    def __init__(self, files: QuarantineFiles, stream: Stream, lease: Lease, now: Callable[[], int]) -> None:
        self._files, self._stream, self._lease, self._now = files, stream, lease, now

    def release(self, prefix: str) -> Released:
        """Release all records below a prefix, and remove their files.

        A record that is no JSON object cannot carry the mark, and stays. An interrupted release is repeated; the
        reports count a message once. What is quarantined again meanwhile is not read: it would be put again.

        Raises
        ------
        LeaseHeld
            Another release is running.
        """
        done, seen = Released(), set[bytes]()
        with self._lease.held():
            for name in list(self._files.names(prefix)):
                self._lease.renew()
                try:
                    records = self._files.read(name)
                except FileGone:
                    done.gone.append(name)
                    continue
                self._release(name, records, seen, done)
        return done

    def _release(self, name: str, records: Sequence[Quarantined], seen: set[bytes], done: Released) -> None:
        envelopes = [_envelope(record) for record in records]
        put: list[KeyedRecord] = []
        for record, envelope in zip(records, envelopes, strict=True):
            if envelope is None:
                continue
            identity = _identity(envelope)
            if identity in seen:
                done.doubles += 1
                continue
            seen.add(identity)
            put.append(_marked(record, envelope, self._now()))
        self._stream.put(put)
        done.put += len(put)
        staying = [record for record, envelope in zip(records, envelopes, strict=True) if envelope is None]
        if not staying:
            self._files.remove(name)
        elif len(staying) < len(records):
            self._files.put(name, staying)


def existing(files: QuarantineFiles, prefix: str) -> Iterator[tuple[str, list[Quarantined]]]:
    """The files below a prefix, such as `wrong_type/2026-11-27/`, with their records, but for those that are gone."""
    for name in files.names(prefix):
        with suppress(FileGone):
            yield name, files.read(name)


def _envelope(record: Quarantined) -> dict[str, Any] | None:
    """The record of the stream; None if it is no JSON object."""
    try:
        envelope: Any = msgspec.json.decode(record.record)
    except (ValueError, RecursionError):
        return None
    return envelope if isinstance(envelope, dict) else None


def _identity(envelope: dict[str, Any]) -> bytes:
    """What is the same of a record each time it is released; the source id is part of it."""
    unmarked = {name: value for name, value in envelope.items() if name != "released_at"}
    return blake2b(msgspec.json.encode(unmarked, order="deterministic"), digest_size=16).digest()


def _marked(record: Quarantined, envelope: dict[str, Any], released_at: int) -> KeyedRecord:
    """The partition key and the record of the stream with its mark."""
    # Kinesis takes keys of up to 256 characters.
    key = str(envelope.get("device_id") or record.source_id or record.reason)[:256]
    return key, msgspec.json.encode({**envelope, "released_at": released_at})
