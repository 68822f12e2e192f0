"""Records that the delivery has failed on, in Firehose's error documents: a line of JSON for each record.

Those that the function could not transform because of a fault of our own have the record of the stream in base64.
Those whose row Firehose could not convert, because the table does not fit or cannot be read, have the row that the
function has returned, and the record is made again from it. All are released like those in quarantine.
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-error-handling.html
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from chalicelib.pipeline.delivery.model import Quarantined
from chalicelib.pipeline.delivery.ports import FileGone
from chalicelib.pipeline.delivery.rows import Row
from chalicelib.pipeline.fleet.model import MEASUREMENTS
from chalicelib.pipeline.telemetry.envelope import Envelope

PREFIX = "errors/"
OUTPUT_TYPES = ("processing-failed/", "format-conversion-failed/")


class _Document(msgspec.Struct):
    raw_data: bytes = msgspec.field(name="rawData")
    arrival_timestamp: int = msgspec.field(name="arrivalTimestamp")
    error_code: str = msgspec.field(name="errorCode", default="")
    # So named in documents of a failed conversion.
    conversion_error_code: str = msgspec.field(name="ErrorCode", default="")


_decode = msgspec.json.Decoder(_Document).decode


class DeliveryErrors:
    """QuarantineFiles of the telemetry bucket's error documents; `client` makes a client of S3."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def names(self, prefix: str) -> Iterator[str]:
        """The names of the objects that begin with a prefix, in their order."""
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX + prefix)
        names = (item["Key"].removeprefix(PREFIX) for page in pages for item in page.get("Contents", ()))
        yield from (name for name in names if name.startswith(OUTPUT_TYPES))

    def read(self, name: str) -> list[Quarantined]:
        """The records of an object; raises FileGone."""
        return [_record_of(_decode(line)) for line in self._lines(name)]

    def put(self, name: str, records: Sequence[Quarantined]) -> None:
        """Keep the documents of the records that stay, as they are."""
        staying = {record.payload for record in records}
        lines = [line + b"\n" for line in self._lines(name) if _decode(line).raw_data in staying]
        self._client().put_object(Bucket=self._bucket, Key=PREFIX + name, Body=b"".join(lines))

    def remove(self, name: str) -> None:
        """Delete an object whose records are released."""
        self._client().delete_object(Bucket=self._bucket, Key=PREFIX + name)

    def _lines(self, name: str) -> list[bytes]:
        client = self._client()
        try:
            body: bytes = client.get_object(Bucket=self._bucket, Key=PREFIX + name)["Body"].read()
        except client.exceptions.NoSuchKey as error:
            raise FileGone(name) from error
        return body.splitlines()


def _record_of(document: _Document) -> Quarantined:
    return Quarantined(
        reason=document.error_code or document.conversion_error_code,
        detail="",
        device_id=None,
        source_id=None,
        received_at=document.arrival_timestamp,
        payload=document.raw_data,
        record=_stream_record(document.raw_data),
    )


def _stream_record(raw: bytes) -> bytes:
    """The record of the stream that a row was made from, or what is no row as it is."""
    try:
        row = msgspec.json.decode(raw, type=Row)
    except (ValueError, RecursionError):
        return raw
    values = {name: getattr(row, name) for name in MEASUREMENTS}
    message = {
        "id": row.message_id,
        "time": f"{row.event_time.replace(' ', 'T')}Z",
        "measurements": {name: value for name, value in values.items() if value is not None},
    }
    received_at = datetime.fromisoformat(row.received_at).replace(tzinfo=UTC)
    envelope = Envelope(
        payload=msgspec.json.encode(message),
        device_id=row.device_id,
        received_at=round(received_at.timestamp() * 1000),
        source_id=row.source_id,
    )
    return msgspec.json.encode(envelope)
