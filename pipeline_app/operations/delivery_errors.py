"""Records that the delivery could not transform because of a fault of our own, in Firehose's error documents.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html: a line of JSON for each
record, with the record of the stream in base64. They are released like those in quarantine.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from chalicelib.pipeline.delivery.model import Quarantined

PREFIX = "errors/processing-failed/"


class _Document(msgspec.Struct, rename="camel"):
    error_code: str
    error_message: str
    arrival_timestamp: int
    raw_data: bytes


_decoder = msgspec.json.Decoder(_Document)


class DeliveryErrors:
    """QuarantineFiles of the telemetry bucket's error documents; `client` makes a client of S3."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def names(self, prefix: str) -> Iterator[str]:
        """The names of the objects that begin with a prefix, in their order."""
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX + prefix)
        for page in pages:
            yield from (item["Key"].removeprefix(PREFIX) for item in page.get("Contents", ()))

    def read(self, name: str) -> list[Quarantined]:
        """The records of an object."""
        body = self._client().get_object(Bucket=self._bucket, Key=PREFIX + name)["Body"].read()
        return [
            Quarantined(
                reason=document.error_code,
                detail=document.error_message,
                device_id=None,
                source_id=None,
                received_at=document.arrival_timestamp,
                payload=document.raw_data,
                record=document.raw_data,
            )
            for document in _decoder.decode_lines(body)
        ]

    def put(self, name: str, records: Sequence[Quarantined]) -> None:
        """Write the documents of the records that stay."""
        documents = (
            _Document(record.reason, record.detail, record.received_at or 0, record.record) for record in records
        )
        body = b"".join(msgspec.json.encode(document) + b"\n" for document in documents)
        self._client().put_object(Bucket=self._bucket, Key=PREFIX + name, Body=body)

    def remove(self, name: str) -> None:
        """Delete an object whose records are released."""
        self._client().delete_object(Bucket=self._bucket, Key=PREFIX + name)
