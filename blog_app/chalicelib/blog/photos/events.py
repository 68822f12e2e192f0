"""Announcements of photos, which S3 sends to a queue."""

import msgspec
from chalicelib.blog.photos.object_keys import announced_photo_id

from common.runtime.s3_events import object_keys


def announced_photos(body: str) -> list[str]:
    """Return the ids of the photos whose announcements a message is about."""
    ids = [announced_photo_id(key) for key in object_keys(msgspec.json.decode(body))]
    return [photo_id for photo_id in ids if photo_id is not None]
