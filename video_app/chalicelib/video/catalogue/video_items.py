"""Videos as DynamoDB's API has them."""

from typing import Any

import msgspec
from chalicelib.video.catalogue.model import READY, Video

# The index `listed` has the videos with this attribute only: those that are ready.
LISTED = "listed"
LISTED_VALUE = {"S": READY}


def video_key(video_id: str) -> dict[str, Any]:
    """Write a video's primary key."""
    return {"id": {"S": video_id}}


def attributes(video: Video) -> dict[str, Any]:
    """Write a video's item."""
    listed = {LISTED: LISTED_VALUE} if video.is_ready else {}
    return {**video_key(video.id), "data": {"S": msgspec.json.encode(video).decode()}, **listed}


def video_of(item: dict[str, Any]) -> Video:
    """Read a video's item."""
    return msgspec.json.decode(item["data"]["S"], type=Video)
