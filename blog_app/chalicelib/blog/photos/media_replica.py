"""The renditions of the other region's photos in this region's S3 bucket.

A photo's announcement is only in the region where its renditions were made.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.blog.photos.model import Photo
from chalicelib.blog.photos.object_keys import CATALOGUE, MEDIA, announcement_key, media_version, photo_keys
from chalicelib.blog.s3_objects import is_absent


class MediaReplica:
    """MediaReplicas in one bucket."""

    def __init__(self, client: Callable[[], Any], *, bucket: str, source: str | None, uploads: str) -> None:
        """`source` is the other region's bucket, None if there is no other region; `uploads` is in this region."""
        self._client = client
        self._bucket = bucket
        self._source = source
        self._uploads = uploads

    def replicate(self, photo_id: str, photo: Photo | None) -> None:
        """Copy the files that a photo shows from the other region, and delete its other files.

        A file that is absent in the other region belongs to a photo that has changed since: a later event is about
        that change.
        """
        announcements = self._keys(CATALOGUE, photo_id)
        shown_keys = {one.url.removeprefix("/") for one in photo.renditions} if photo else set()
        own = {announcement_key(photo_id, media_version(key)) for key in shown_keys}
        if self._source is None or own & announcements:
            return
        present = self._keys(MEDIA, photo_id)
        for key in sorted(shown_keys - present):
            self._copy(self._source, key)
        if not announcements:
            for key in sorted(present - shown_keys):
                self._client().delete_object(Bucket=self._bucket, Key=key)

    def purge(self, photo_id: str) -> None:
        """Delete everything of a deleted photo: its renditions may be made here and its record deleted elsewhere."""
        client = self._client()
        for key in photo_keys(photo_id):
            client.delete_object(Bucket=self._uploads, Key=key)
        for prefix in (CATALOGUE, MEDIA):
            for key in sorted(self._keys(prefix, photo_id)):
                client.delete_object(Bucket=self._bucket, Key=key)

    def _copy(self, source: str, key: str) -> None:
        client = self._client()
        try:
            client.copy_object(Bucket=self._bucket, Key=key, CopySource={"Bucket": source, "Key": key})
        except client.exceptions.ClientError as error:
            if not is_absent(error):
                raise

    def _keys(self, prefix: str, photo_id: str) -> set[str]:
        """List a photo's objects; there are six of a version, so one request lists them all."""
        response = self._client().list_objects_v2(Bucket=self._bucket, Prefix=f"{prefix}{photo_id}/")
        return {one["Key"] for one in response.get("Contents", [])}
