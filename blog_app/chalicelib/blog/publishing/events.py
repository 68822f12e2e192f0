"""What the tables' streams set going: pages and mails. One bad record does not hold up the others.

A record that fails is reported, and comes again with those after it. For one that cannot be read, or a post that cannot
be rendered, the stream would wait in vain: it goes to the queue of dead letters at once, and again if the batch comes
again. `eventID` tells such letters.
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from chalicelib.blog import stream_records
from chalicelib.blog.posts.ports import DeadLetters
from chalicelib.blog.publishing.publisher import Publisher
from chalicelib.blog.publishing.site_objects import pages_of
from chalicelib.blog.subscribers.welcome import Welcome

Record = Mapping[str, Any]
Asked = TypeVar("Asked")
Found = TypeVar("Found")


class Batch:
    """A batch of records, and which of them have failed."""

    def __init__(self, records: Sequence[Record], dead_letters: DeadLetters, log: logging.Logger) -> None:
        self._records = records
        self._dead_letters = dead_letters
        self._log = log
        self._failures: list[dict[str, str]] = []

    def read(self, read: Callable[[Record], Found]) -> list[tuple[Record, Found]]:
        """Read every record; those that cannot be read become dead letters."""
        found = []
        for record in self._records:
            try:
                found.append((record, read(record)))
            except Exception as error:
                self.handle(record, partial(self._dead_letters.put, record), f"{type(error).__name__}: {error}")
        return found

    def handle(self, record: Record, work: Callable[[Asked], Found], asked: Asked) -> Found | None:
        """Do what a record asks for; None if that failed."""
        try:
            return work(asked)
        except Exception:
            number = str(record["dynamodb"]["SequenceNumber"])
            self._log.exception("record failed", extra={"sequenceNumber": number})
            self._failures.append({"itemIdentifier": number})
            return None

    def answer(self) -> dict[str, Any]:
        """Report to Lambda which records have failed."""
        return {"batchItemFailures": self._failures}


def publish(
    records: Sequence[Record], publisher: Publisher, dead_letters: DeadLetters, region: str, log: logging.Logger
) -> dict[str, Any]:
    """Render what a batch of changes may change, in one go; a failure of that fails the batch, which comes again."""
    batch = Batch(records, dead_letters, log)
    changes = batch.read(lambda record: stream_records.change_of(record, region))
    photos: dict[str, list[str]] = {}
    for record, change in changes:
        if change.photo:
            paths = batch.handle(record, publisher.follow_photo, change.photo)
            if paths is not None:
                photos.setdefault(change.photo.id, []).extend(paths)
    publisher.forget([path for paths in photos.values() for path in paths])
    requests = [change.request for _, change in changes if change.request]
    posts = [post for _, change in changes for post in change.posts]
    if requests:
        _log(log, "rendered all", publisher.render_all(requests[-1]).keys)
    elif posts or photos:
        difference = publisher.follow(posts, photos.keys())
        _log(log, "published", difference.keys)
        for record, change in changes:
            if failed := sorted(pages_of(change.posts).intersection(difference.failed)):
                batch.handle(record, partial(dead_letters.put, record), f"not rendered: {', '.join(failed[:10])}")
    return batch.answer()


def welcome(
    records: Sequence[Record], mails: Welcome, dead_letters: DeadLetters, log: logging.Logger
) -> dict[str, Any]:
    """Send a welcome mail to everybody who has subscribed."""
    batch = Batch(records, dead_letters, log)
    for record, subscriber in batch.read(stream_records.new_subscriber):
        if subscriber is not None:
            outcome = batch.handle(record, mails.follow, subscriber)
            log.info("welcome mail", extra={"subscriber": subscriber.id, "outcome": outcome or "failed"})
    return batch.answer()


def _log(log: logging.Logger, message: str, keys: Sequence[str]) -> None:
    log.info(message, extra={"objects": len(keys), "first": list(keys[:20])})
