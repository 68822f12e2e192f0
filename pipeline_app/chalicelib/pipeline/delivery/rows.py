"""Rows of the telemetry table, as JSON that Firehose converts to Parquet."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from chalicelib.pipeline.telemetry.model import Reading

Metadata = dict[str, Any]


class Row(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One row. Times are text, in UTC, as the OpenX JSON SerDe reads them; a measurement that is absent is null."""

    device_id: str
    message_id: str
    source_id: str
    event_time: str
    received_at: str
    temperature: float | None = None
    humidity: float | None = None
    pressure: float | None = None
    battery: float | None = None


# Formatting a number takes twice as long.
_MILLISECONDS = [f".{number:03d}" for number in range(1000)]
_encode = msgspec.json.Encoder().encode


def row_of(reading: Reading) -> tuple[bytes, Metadata]:
    """A reading's row, and Firehose's metadata with its partition: the date and the hour of the event."""
    seconds, milliseconds = divmod(reading.event_time_ms, 1000)
    received_seconds, received_milliseconds = divmod(reading.received_at_ms, 1000)
    event_second, metadata = _second(seconds)
    row = Row(
        reading.device_id,
        reading.message_id,
        reading.source_id,
        event_second + _MILLISECONDS[milliseconds],
        _second(received_seconds)[0] + _MILLISECONDS[received_milliseconds],
        reading.temperature,
        reading.humidity,
        reading.pressure,
        reading.battery,
    )
    return _encode(row), metadata


@lru_cache(maxsize=4096)
def _second(seconds: int) -> tuple[str, Metadata]:
    """The text of a second since 1970, and the metadata of its hour. Readings of a batch have few different seconds."""
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return text, {"partitionKeys": {"event_date": text[:10], "event_hour": text[11:13]}}
