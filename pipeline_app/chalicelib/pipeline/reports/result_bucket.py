"""Results in S3: Parquet, CSV files, manifests."""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.pipeline.reports.csv_rows import Rows, parse
from chalicelib.pipeline.reports.model import Kind, Manifest, ManifestObject, Window, manifest_key

# A page of rows is read from so many bytes of a file.
_PAGE_BYTES = 4_000_000
_NAMES_BYTES = 8_192


class ResultBucket:
    """A ReportBucket, and the results for readers."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def objects(self, prefix: str) -> list[ManifestObject]:
        """List objects."""
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return [ManifestObject(each["Key"], each["Size"]) for page in pages for each in page.get("Contents", [])]

    def count_rows(self, key: str) -> tuple[ManifestObject, int]:
        """Count a CSV file's lines, in which no value has a line break."""
        response = self._client().get_object(Bucket=self._bucket, Key=key)
        lines = sum(chunk.count(b"\n") for chunk in response["Body"].iter_chunks(1 << 20))
        return ManifestObject(key, response["ContentLength"]), lines - 1

    def put_manifest(self, manifest: Manifest) -> None:
        """Write a JSON document."""
        self._client().put_object(
            Bucket=self._bucket,
            Key=manifest.key,
            Body=msgspec.json.encode(manifest),
            ContentType="application/json",
        )

    def manifest(self, kind: Kind, window: Window, run_id: str) -> Manifest:
        """Read a run's manifest."""
        key = manifest_key(kind, window, run_id)
        body = self._client().get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return msgspec.json.decode(body, type=Manifest)

    def rows(self, csv: ManifestObject, position: int, limit: int) -> Rows:
        """Read rows of a CSV file from a position in bytes; 0 is its beginning."""
        names = parse(self._range(csv, 0, _NAMES_BYTES), 1)
        position = position or names.length
        if position >= csv.bytes:
            return Rows(names.rows[0], [], None)
        page = parse(self._range(csv, position, _PAGE_BYTES), limit)
        end = position + page.length
        return Rows(names.rows[0], page.rows, end if end < csv.bytes else None)

    def _range(self, csv: ManifestObject, start: int, length: int) -> bytes:
        last = min(start + length, csv.bytes) - 1
        response = self._client().get_object(Bucket=self._bucket, Key=csv.key, Range=f"bytes={start}-{last}")
        return bytes(response["Body"].read())
