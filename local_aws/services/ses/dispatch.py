"""The path of a mail that SES has taken: outcomes at its recipients, the mailbox, events."""

from ministack.services import ses

from local_aws.services.ses import outcomes
from local_aws.services.ses.events import Publisher
from local_aws.services.ses.message import Message

# The mailbox is memory: the oldest mails leave.
_MOST_MAILS = 5000


def dispatch(message: Message, identity: str) -> None:
    """Send one message."""
    publisher = Publisher(message, identity)
    ses._sent_emails_list().append(message.record(_deliver(message, publisher)))
    keep_newest()
    publisher.publish()


def keep_newest() -> None:
    """Let the oldest mails of the mailbox go; whoever puts one there calls this."""
    del ses._sent_emails_list()[:-_MOST_MAILS]


def _deliver(message: Message, publisher: Publisher) -> dict[str, str]:
    """Why the message did not arrive, by address."""
    undelivered: dict[str, str] = {}
    publisher.event("Send", {})
    for recipient in message.recipients:
        for outcome in outcomes.outcomes(recipient):
            publisher.event(outcome.kind, outcome.detail)
            if not outcome.was_delivered:
                undelivered[recipient] = outcome.why
    return undelivered
