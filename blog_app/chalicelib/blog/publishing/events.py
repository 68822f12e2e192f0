"""Publish what the records of the posts' stream say.

A record that fails is reported, and the stream delivers it again with those after it. A record that cannot be read, and
a post that cannot be rendered, would fail each time and hold up the stream. Such a record becomes a dead letter at
once, and again if its batch is delivered again; the letter's `eventID` shows that.
"""

import logging
from collections.abc import Callable, Sequence

from chalicelib.blog.photos.photo_table import PHOTO
from chalicelib.blog.photos.photo_table import decoded as decoded_photo
from chalicelib.blog.posts.model import Post
from chalicelib.blog.posts.post_table import POST, PUBLISHED
from chalicelib.blog.posts.post_table import decoded as decoded_post
from chalicelib.blog.publishing.model import Change, PhotoChange
from chalicelib.blog.publishing.publisher import Publisher
from chalicelib.blog.publishing.publishing_table import PUBLISHING, REQUEST
from chalicelib.blog.publishing.site_objects import post_keys
from chalicelib.blog.stream_records import Record, images, primary_key_of

from common.runtime.batches import Batch


def publish(
    batch: Batch, publisher: Publisher, region: str, log: logging.Logger, mail: Callable[[str], None] = lambda _id: None
) -> None:
    """Render everything that a batch of changes may change, together; if that fails, the whole batch fails.

    `mail` has a new post mailed, after its page was written.
    """
    changes = batch.read(lambda record: change_of(record, region))
    photos: dict[str, list[str]] = {}
    for record, change in changes:
        if change.photo:
            paths = batch.handle(record, publisher.sync_photo, change.photo)
            if paths is not None:
                photos.setdefault(change.photo.id, []).extend(paths)
    publisher.invalidate([path for paths in photos.values() for path in paths])
    failed_keys: Sequence[str] = ()
    requests = [change.request for _, change in changes if change.request]
    posts = [post for _, change in changes for post in change.posts]
    if requests:
        _log(log, "rendered all", publisher.render_all(requests[-1]).keys)
    elif posts or photos:
        difference = publisher.sync(posts, photos.keys())
        _log(log, "published", difference.keys)
        failed_keys = difference.failed
    for record, change in changes:
        if failed := sorted(post_keys(change.posts).intersection(failed_keys)):
            batch.give_up(record, f"not rendered: {', '.join(failed[:10])}")
        elif change.published:
            batch.handle(record, mail, change.published)


def change_of(record: Record, region: str) -> Change:
    """Read a record of the posts' stream as far as it concerns publishing in this region."""
    return Change(
        posts=_posts(record),
        photo=_photo(record),
        request=_request(record, region),
        published=_published(record),
    )


def _posts(record: Record) -> list[Post]:
    """Read a post's item, or its entry in the list of published posts.

    Another region replicates the two in any order, and the later of them completes the change:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
    """
    partition, _ = primary_key_of(record)
    if not partition.startswith(POST) and partition != PUBLISHED:
        return []
    return [decoded_post(image) for image in images(record) if image]


def _published(record: Record) -> str | None:
    """Return the id of a post that has become public with this record, if subscribers get it by mail."""
    partition, _ = primary_key_of(record)
    if not partition.startswith(POST):
        return None
    before, after = (decoded_post(image) if image else None for image in images(record))
    is_published = after is not None and after.is_published and after.is_mailed
    return after.id if after and is_published and not (before and before.is_published) else None


def _photo(record: Record) -> PhotoChange | None:
    """Return what changed of a photo; None for other items, and if pages show the photo as before."""
    partition, _ = primary_key_of(record)
    if not partition.startswith(PHOTO):
        return None
    old, new = images(record)
    before, after = (decoded_photo(image).photo if image else None for image in (old, new))
    if before == after and new is not None:
        return None
    return PhotoChange(id=partition.removeprefix(PHOTO), before=before, after=after, is_deleted=new is None)


def _request(record: Record, region: str) -> str | None:
    """Return the id of a request to render everything in this region."""
    _, new = images(record)
    return new["request"]["S"] if new and primary_key_of(record) == (PUBLISHING + region, REQUEST) else None


def _log(log: logging.Logger, message: str, keys: Sequence[str]) -> None:
    log.info(message, extra={"objects": len(keys), "first": list(keys[:3])})
