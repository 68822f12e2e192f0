"""What happens to a mail once SES has taken it: outcomes at its recipients, the mailbox, events."""

from ministack.services import ses

from local_aws.services.ses import outcomes
from local_aws.services.ses.events import Publisher
from local_aws.services.ses.message import Message

# The mailbox is memory: the oldest mails leave.
_MOST_MAILS = 5000


def dispatch(message: Message, identity: str) -> None:
    """Send one message."""
    publisher = Publisher(message, identity)
    if message.infected:
        publisher.event("Reject", {"reason": "Bad content"})
    else:
        ses._sent_emails_list().append(message.record(_deliver(message, publisher)))
        keep_newest()
    publisher.publish()


def keep_newest() -> None:
    """Let the oldest mails of the mailbox go; whoever puts one there calls this."""
    del ses._sent_emails_list()[:-_MOST_MAILS]


def deliver_recorded(message: Message, identity: str) -> dict[str, str]:
    """The same for a message that is in the mailbox already; why it reached whom not, by address."""
    publisher = Publisher(message, identity)
    undelivered = _deliver(message, publisher)
    publisher.publish()
    return undelivered


def fail_rendering(message: Message, identity: str, template: str, why: str) -> None:
    """Say that a message which SES took could not be made from its template; nobody gets it."""
    publisher = Publisher(message, identity)
    publisher.event("Rendering Failure", {"errorMessage": why, "templateName": template})
    publisher.publish()


def _deliver(message: Message, publisher: Publisher) -> dict[str, str]:
    undelivered: dict[str, str] = {}
    publisher.event("Send", {})
    for recipient in message.recipients:
        for outcome in outcomes.outcomes(recipient, message.configuration_set):
            publisher.event(outcome.kind, outcome.detail)
            publisher.notification(outcome)
            outcomes.add_to_list(outcome, message.id, message.configuration_set)
            if not outcome.was_delivered:
                undelivered[recipient] = outcome.why
    return undelivered
