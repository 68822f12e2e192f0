"""Quarantine in S3: a file of JSON lines for each batch and reason.

Its key is `quarantine/<reason>/<yyyy-mm-dd>/<batch>.jsonl`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from chalicelib.pipeline.delivery.model import Quarantined
from chalicelib.pipeline.delivery.ports import FileGone

PREFIX = "quarantine/"
_decoder = msgspec.json.Decoder(Quarantined)


class QuarantineBucket:
    """Quarantine and QuarantineFiles in a bucket; `client` makes a client of S3."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def put(self, name: str, records: Sequence[Quarantined]) -> None:
        """Write the file of a batch and a reason; a repeated batch replaces it."""
        body = b"".join(msgspec.json.encode(record) + b"\n" for record in records)
        self._client().put_object(Bucket=self._bucket, Key=PREFIX + name, Body=body, ContentType="application/x-ndjson")

    def names(self, prefix: str) -> Iterator[str]:
        """The names of the files that begin with a prefix, in their order."""
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX + prefix)
        for page in pages:
            yield from (item["Key"].removeprefix(PREFIX) for item in page.get("Contents", ()))

    def read(self, name: str) -> list[Quarantined]:
        """The records of a file; raises FileGone."""
        client = self._client()
        try:
            body = client.get_object(Bucket=self._bucket, Key=PREFIX + name)["Body"].read()
        except client.exceptions.NoSuchKey as error:
            raise FileGone(name) from error
        return _decoder.decode_lines(body)

    def remove(self, name: str) -> None:
        """Delete a file. The bucket keeps its version for a time."""
        self._client().delete_object(Bucket=self._bucket, Key=PREFIX + name)
