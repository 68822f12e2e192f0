"""Photos' renditions in an S3 bucket.

The version in a key is that of the uploaded file. So no object ever changes, and browsers may keep it for good.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from chalicelib.blog.pages.assets import IMMUTABLE
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.photos.object_keys import CATALOGUE, MEDIA, announcement_key, media_key
from chalicelib.blog.s3_objects import delete_objects, is_absent, list_objects

_decoder = msgspec.json.Decoder(Photo)


class MediaBucket:
    """Media in one bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, photo_id: str, version: str, name: str, content: bytes) -> str:
        """Put one file; returns its path on the site."""
        key = media_key(photo_id, version, name)
        self._client().put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType=f"image/{name.rpartition('.')[2]}",
            CacheControl=IMMUTABLE,
        )
        return f"/{key}"

    def announce(self, photo: Photo, version: str) -> None:
        """Put the object whose event calls the catalogue."""
        self._client().put_object(
            Bucket=self._bucket,
            Key=announcement_key(photo.id, version),
            Body=msgspec.json.encode(photo),
            ContentType="application/json",
        )

    def announced(self, photo_id: str, version: str) -> Photo | None:
        """Get the announcement."""
        client = self._client()
        try:
            response = client.get_object(Bucket=self._bucket, Key=announcement_key(photo_id, version))
        except client.exceptions.ClientError as error:
            if is_absent(error):
                return None
            raise
        with response["Body"] as body:
            return _decoder.decode(body.read())

    def keys(self, photo_id: str) -> list[str]:
        """List the photo's prefixes."""
        client, prefixes = self._client(), [f"{prefix}{photo_id}/" for prefix in (MEDIA, CATALOGUE)]
        return [one["Key"] for prefix in prefixes for one in list_objects(client, self._bucket, prefix)]

    def delete(self, keys: Sequence[str], photo_id: str, but: str | None = None) -> None:
        """Delete objects, up to 1,000 with one request."""
        of_version = (media_key(photo_id, but), announcement_key(photo_id, but)) if but else ()
        delete_objects(self._client(), self._bucket, [key for key in keys if not key.startswith(of_version)])
