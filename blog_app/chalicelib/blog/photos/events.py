"""What S3 tells of uploads and of thumbnails.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from chalicelib.blog.posts.ports import CATALOGUE, photo_id_of


def keys(event: Mapping[str, Any]) -> list[str]:
    """Return the keys of the objects that an event is about; S3's test event has none."""
    # Keys come URL-encoded, a space as a plus sign.
    return [unquote_plus(record["s3"]["object"]["key"]) for record in event.get("Records", [])]


def announced_photos(body: str) -> list[str]:
    """Return the ids of photos whose thumbnails a message announces."""
    found = [photo_id_of(key, CATALOGUE) for key in keys(msgspec.json.decode(body))]
    return [photo_id for photo_id in found if photo_id is not None]
