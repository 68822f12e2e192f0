"""Manifests in the reports bucket."""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.pipeline.reports.model import Manifest
from chalicelib.pipeline.warehouse.model import InvalidManifest

# A manifest names a few objects.
_MOST_BYTES = 1024 * 1024


class ManifestBucket:
    """Manifests in one bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, key: str) -> Manifest:
        """Get and decode a manifest."""
        with self._client().get_object(Bucket=self._bucket, Key=key)["Body"] as body:
            text: bytes = body.read(_MOST_BYTES + 1)
        try:
            return msgspec.json.decode(text[: _MOST_BYTES + 1], type=Manifest)
        except msgspec.DecodeError as error:
            raise InvalidManifest(f"{key}: {error}") from error
