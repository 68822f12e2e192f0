"""The tables' streams: what a record says, of what concerns us.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.blog import table
from chalicelib.blog.model import PhotoChange, Post
from chalicelib.blog.photos.table import decoded as decoded_photo
from chalicelib.blog.subscribers.subscriptions import Subscriber
from chalicelib.blog.subscribers.table import SUBSCRIBER
from chalicelib.blog.subscribers.table import decoded as decoded_subscriber

Images = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]


def changed_posts(record: Mapping[str, Any]) -> list[Post]:
    """Return a changed post as it was and as it became; nothing for other items."""
    if not _key(record)[0].startswith(table.POST):
        return []
    return [table.decoded(image) for image in _images(record) if image]


def changed_photo(record: Mapping[str, Any]) -> PhotoChange | None:
    """Return what changed of a photo; None for other items, and if pages show it as before."""
    partition, _ = _key(record)
    if not partition.startswith(table.PHOTO):
        return None
    old, new = _images(record)
    before, after = (decoded_photo(image).photo if image else None for image in (old, new))
    if before == after and new is not None:
        return None
    return PhotoChange(partition.removeprefix(table.PHOTO), before, after, new is None)


def requested_rendering(record: Mapping[str, Any], region: str) -> str | None:
    """Return the id of a request to render everything in this region."""
    _, new = _images(record)
    return new["request"]["S"] if new and _key(record) == (table.PUBLISHING + region, table.REQUEST) else None


def new_subscriber(record: Mapping[str, Any]) -> Subscriber | None:
    """Return who has just subscribed, for the first time or anew; nobody for other changes."""
    partition, sort_key = _key(record)
    before, after = _images(record)
    if not partition.startswith(SUBSCRIBER) or sort_key != "subscriber" or after is None:
        return None
    subscriber = decoded_subscriber(after)
    known = decoded_subscriber(before).round if before else 0
    # The task `move_home` asks so for mails that the former home had not sent.
    is_asked = before is not None and after.get("asked") != before.get("asked") and subscriber.state == "pending"
    return subscriber if subscriber.round > known or is_asked else None


def _key(record: Mapping[str, Any]) -> tuple[str, str]:
    keys = record["dynamodb"]["Keys"]
    return keys["pk"]["S"], keys["sk"]["S"]


def _images(record: Mapping[str, Any]) -> Images:
    change = record["dynamodb"]
    return change.get("OldImage"), change.get("NewImage")
