"""Notes the objects that Firehose has written: each adds to an hour and to a day."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from chalicelib.pipeline.reports.model import InvalidWindow, Window
from chalicelib.pipeline.reports.ports import Windows

_KEY = re.compile(r"telemetry/event_date=(\d{4}-\d{2}-\d{2})/event_hour=(\d{2})/[^/]+")


class UnknownObject(Exception):
    """The key is not that of an object of telemetry."""


class TelemetryObject(msgspec.Struct, frozen=True):
    """One version of an object; an object that is overwritten is a new version."""

    key: str
    # S3's sequencer, which differs for each event on a key.
    version: str
    # In milliseconds since 1970.
    written_at: int

    @property
    def windows(self) -> list[Window]:
        """The hour and the day that it belongs to; raises UnknownObject."""
        match = _KEY.fullmatch(self.key)
        try:
            if match is not None:
                return [Window.of(f"{match[1]}T{match[2]}"), Window.of(match[1])]
        except InvalidWindow:
            pass
        raise UnknownObject(self.key)


def objects_of(record: Mapping[str, Any]) -> list[TelemetryObject]:
    """Read a message of the queue: an event of S3 with its objects. S3's test event has none.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html: keys are URL-encoded, a
    space as a plus sign.
    """
    return list(_objects(json.loads(record["body"])))


def _objects(event: Mapping[str, Any]) -> Iterator[TelemetryObject]:
    for record in event.get("Records", ()):
        written = record["s3"]["object"]
        version = str(written.get("sequencer") or written["eTag"])
        written_at = datetime.fromisoformat(record["eventTime"]).timestamp() * 1000
        yield TelemetryObject(unquote_plus(written["key"]), version, round(written_at))


class Noting:
    """The use case; `now` returns milliseconds since 1970."""

    def __init__(self, windows: Windows, now: Any) -> None:
        self._windows = windows
        self._now = now

    def note(self, objects: list[TelemetryObject]) -> int:
        """Note objects; returns how many were new."""
        return sum(self._note(each) for each in objects)

    def _note(self, written: TelemetryObject) -> bool:
        object_version = f"{written.key}#{written.version}"
        return self._windows.note(written.windows, object_version, self._now(), written.written_at)
