"""The tables' streams: what a record says, of what concerns us.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from chalicelib.blog.photos.photo_table import decoded as decoded_photo
from chalicelib.blog.posts import post_table
from chalicelib.blog.posts.model import PhotoChange, Post
from chalicelib.blog.subscribers.subscriber_table import SUBSCRIBER
from chalicelib.blog.subscribers.subscriber_table import decoded as decoded_subscriber
from chalicelib.blog.subscribers.subscriptions import Subscriber

Images = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]


class Change(msgspec.Struct, frozen=True):
    """What a record of the posts' stream says: a post as it was and as it became, a photo, a request to render all."""

    posts: list[Post]
    photo: PhotoChange | None
    request: str | None


def change_of(record: Mapping[str, Any], region: str) -> Change:
    """Read a record of the posts' stream, as far as it concerns publishing in this region."""
    return Change(_posts(record), _photo(record), _request(record, region))


def _posts(record: Mapping[str, Any]) -> list[Post]:
    """Of a post itself, or of its place in the list of published ones.

    Another region replicates the two in no order that is promised, and what comes last completes the change:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
    """
    partition = _key(record)[0]
    if not partition.startswith(post_table.POST) and partition != post_table.PUBLISHED:
        return []
    return [post_table.decoded(image) for image in _images(record) if image]


def _photo(record: Mapping[str, Any]) -> PhotoChange | None:
    """What changed of a photo; None for other items, and if pages show it as before."""
    partition, _ = _key(record)
    if not partition.startswith(post_table.PHOTO):
        return None
    old, new = _images(record)
    before, after = (decoded_photo(image).photo if image else None for image in (old, new))
    if before == after and new is not None:
        return None
    return PhotoChange(partition.removeprefix(post_table.PHOTO), before, after, new is None)


def _request(record: Mapping[str, Any], region: str) -> str | None:
    """The id of a request to render everything in this region."""
    _, new = _images(record)
    return new["request"]["S"] if new and _key(record) == (post_table.PUBLISHING + region, post_table.REQUEST) else None


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
