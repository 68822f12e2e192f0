"""Delivers a mail that SES has accepted: outcomes for its recipients, mailbox, events."""

from ministack.services import ses

from local_aws.services.ses import outcomes
from local_aws.services.ses.events import EventPublisher
from local_aws.services.ses.message import Message

# The mailbox is in memory, so the oldest mails are deleted.
_MAX_MAILS = 5000


def dispatch(message: Message, identity: str) -> None:
    """Send one message."""
    publisher = EventPublisher(message, identity)
    ses._sent_emails_list().append(message.record(_deliver(message, publisher)))
    delete_oldest()
    publisher.publish()


def delete_oldest() -> None:
    """Delete the oldest mails of the mailbox. Call this after adding one."""
    del ses._sent_emails_list()[:-_MAX_MAILS]


def _deliver(message: Message, publisher: EventPublisher) -> dict[str, str]:
    """Publish the events of each recipient; returns why the message was not delivered, by address."""
    undelivered: dict[str, str] = {}
    publisher.add_event("Send", {})
    for recipient in message.recipients:
        for outcome in outcomes.outcomes(recipient):
            publisher.add_event(outcome.event_type, outcome.detail)
            if not outcome.was_delivered:
                undelivered[recipient] = outcome.reason
    return undelivered
