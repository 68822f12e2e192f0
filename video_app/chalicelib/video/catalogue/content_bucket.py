"""Content in an S3 bucket."""

from collections.abc import Callable
from typing import Any

# A playlist of a day in segments of two seconds has fewer bytes.
MAX_PLAYLIST_BYTES = 4 * 1024 * 1024


class ContentBucket:
    """A ContentStore in one bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def names(self, prefix: str) -> set[str]:
        """List the keys below a prefix, without it."""
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return {file["Key"].removeprefix(prefix) for page in pages for file in page.get("Contents", [])}

    def read(self, key: str) -> str:
        """Get a playlist."""
        with self._client().get_object(Bucket=self._bucket, Key=key)["Body"] as body:
            text: bytes = body.read(MAX_PLAYLIST_BYTES)
        return text.decode(errors="replace")
