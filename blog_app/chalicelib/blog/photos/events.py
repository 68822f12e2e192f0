"""Messages about photos: announcements, which S3 sends, and uploads on which the function `make_thumbnails` failed.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.blog.photos.object_keys import announced_photo_id, uploaded_photo_id

from common.runtime.s3_events import object_keys


class Message(msgspec.Struct, frozen=True):
    """The ids of the photos that a message is about."""

    announced: list[str] = []
    failed: list[str] = []


def read_message(body: str) -> Message:
    """Read a message of S3, or Lambda's record of an invocation that has failed for the last time."""
    event: dict[str, Any] = msgspec.json.decode(body)
    if "requestPayload" in event:
        return Message(failed=_ids(uploaded_photo_id, event["requestPayload"]))
    return Message(announced=_ids(announced_photo_id, event))


def _ids(photo_id_of: Callable[[str], str | None], event: Any) -> list[str]:
    ids = [photo_id_of(key) for key in object_keys(event)]
    return [photo_id for photo_id in ids if photo_id is not None]
