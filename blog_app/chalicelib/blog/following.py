"""What the tables' streams set going: pages and mails. One bad record does not hold up its batch.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from chalicelib.blog import streams
from chalicelib.blog.model import Post
from chalicelib.blog.publishing import Publisher
from chalicelib.blog.subscribers.welcome import Welcome

Record = Mapping[str, Any]
Found = TypeVar("Found")


def publish(records: Sequence[Record], publisher: Publisher, region: str, log: logging.Logger) -> dict[str, Any]:
    """Render what a batch of changes may change, in one go; a failure of that fails the batch, which comes again."""
    posts: list[Post] = []
    photos: set[str] = set()
    requests: list[str] = []
    failures = []
    for record in records:
        try:
            posts += streams.changed_posts(record)
            if change := streams.changed_photo(record):
                publisher.follow_photo(change)
                photos.add(change.id)
            requests += [request] if (request := streams.requested_rendering(record, region)) else []
        except Exception:
            failures.append(_failure(record, log))
    if requests:
        _log(log, "rendered all", publisher.render_all(requests[-1]).keys)
    elif posts or photos:
        _log(log, "published", publisher.follow(posts, photos).keys)
    return {"batchItemFailures": failures}


def welcome(records: Sequence[Record], mails: Welcome, log: logging.Logger) -> dict[str, Any]:
    """Send a welcome mail to everybody who has subscribed."""

    def send(record: Record) -> None:
        subscriber = streams.new_subscriber(record)
        if subscriber is not None:
            log.info("welcome mail", extra={"subscriber": subscriber.id, "outcome": mails.follow(subscriber)})

    return {"batchItemFailures": _failures(records, send, log)}


def _failures(records: Sequence[Record], handle: Callable[[Record], None], log: logging.Logger) -> list[dict[str, str]]:
    failures = []
    for record in records:
        try:
            handle(record)
        except Exception:
            failures.append(_failure(record, log))
    return failures


def _failure(record: Record, log: logging.Logger) -> dict[str, str]:
    """Report a record; called while its exception is handled."""
    number = str(record["dynamodb"]["SequenceNumber"])
    log.exception("record failed", extra={"sequenceNumber": number})
    return {"itemIdentifier": number}


def _log(log: logging.Logger, message: str, keys: Sequence[str]) -> None:
    log.info(message, extra={"objects": len(keys), "first": list(keys[:20])})
