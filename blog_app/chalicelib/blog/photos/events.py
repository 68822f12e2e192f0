"""S3's events about uploads and announcements.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from chalicelib.blog.photos.object_keys import announced_photo_id


def keys(event: Mapping[str, Any]) -> list[str]:
    """Return the keys of the objects that an event is about; S3's test event has none."""
    # S3 URL-encodes keys, a space as a plus sign.
    return [unquote_plus(record["s3"]["object"]["key"]) for record in event.get("Records", [])]


def announced_photos(body: str) -> list[str]:
    """Return the ids of the photos whose announcements a message is about."""
    ids = [announced_photo_id(key) for key in keys(msgspec.json.decode(body))]
    return [photo_id for photo_id in ids if photo_id is not None]
