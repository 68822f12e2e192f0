"""Events about subscribers: records of their table's stream, and SES's events about bounces and complaints.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import logging

import msgspec
from chalicelib.blog.stream_records import Record, images, primary_key_of
from chalicelib.blog.subscribers.delivery import SecondsLeft
from chalicelib.blog.subscribers.model import Subscriber
from chalicelib.blog.subscribers.subscriber_table import SUBSCRIBER, decoded
from chalicelib.blog.subscribers.welcome import Welcome

from common.runtime.batches import PERMANENT, Batch


class _Recipient(msgspec.Struct, rename="camel"):
    email_address: str


class _Bounce(msgspec.Struct, rename="camel"):
    bounce_type: str
    bounced_recipients: list[_Recipient]


class _Complaint(msgspec.Struct, rename="camel"):
    complained_recipients: list[_Recipient]


class _Event(msgspec.Struct, rename="camel"):
    event_type: str
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


_decoder = msgspec.json.Decoder(_Event)


def send_welcome_mails(batch: Batch, welcome: Welcome, left: SecondsLeft, log: logging.Logger) -> None:
    """Send a welcome mail to every subscriber who has just subscribed; `left` are the seconds the function has left."""
    for record, subscriber in batch.read(new_subscriber):
        if subscriber is not None:
            outcome = batch.handle(record, lambda one: welcome.send_or_postpone(one, left), subscriber, PERMANENT)
            log.info("welcome mail", extra={"subscriber": subscriber.id, "outcome": outcome or "failed"})


def new_subscriber(record: Record) -> Subscriber | None:
    """Return the subscriber who has just subscribed, for the first time or again; None for other changes."""
    partition, sort_key = primary_key_of(record)
    before, after = images(record)
    if not partition.startswith(SUBSCRIBER) or sort_key != "subscriber" or after is None:
        return None
    subscriber = decoded(after)
    earlier_round = decoded(before).round if before else 0
    # The task `move_home` requests so the mails that the former home had not sent.
    is_requested = before is not None and after.get("asked") != before.get("asked") and subscriber.state == "pending"
    return subscriber if subscriber.round > earlier_round or is_requested else None


def addresses_to_suppress(message: str) -> list[str]:
    """Return the addresses that must get no more mail: those that bounced permanently, and those that complained.

    A message that is not an event, such as SES's first message to a new topic, names none.
    """
    try:
        event = _decoder.decode(message)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return []
    if event.bounce and event.bounce.bounce_type == "Permanent":
        return [recipient.email_address for recipient in event.bounce.bounced_recipients]
    return [recipient.email_address for recipient in event.complaint.complained_recipients] if event.complaint else []
