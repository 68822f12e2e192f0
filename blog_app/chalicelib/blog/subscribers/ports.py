"""What the use cases of subscribers need from outside."""

from typing import Protocol

from chalicelib.blog.subscribers.mails import Mail
from chalicelib.blog.subscribers.model import Subscriber


class MailInFlight(Exception):
    """Another invocation is sending this mail, or has died while it did; the record is to be tried again later."""


class MailRefused(Exception):
    """The mail service will never take mail to this address."""


class MailDeferred(Exception):
    """The mail service has not taken this mail, and may take it later: throttled, paused, not set up."""


class SubscriberStore(Protocol):
    """Keeps subscribers, and counts requests."""

    def get(self, subscriber_id: str) -> Subscriber | None:
        """Return one subscriber."""

    def put(self, old: Subscriber | None, new: Subscriber) -> bool:
        """Write a subscriber, who may be the old one, if the old one has not changed; False if it has."""

    def count(self, counter: str, window: int, seconds: int, most: int) -> bool:
        """Add one to a counter of a time window; False if it is `most` already."""


class WelcomeMarks(Protocol):
    """A mark for each welcome mail, beside the subscriber whom it is for."""

    def get(self, subscriber_id: str) -> Subscriber | None:
        """Return a subscriber as it is now."""

    def claim(self, subscriber: Subscriber, now: int, claim_seconds: int) -> bool:
        """Claim a mail; False if it was sent or refused.

        Raises MailInFlight if another invocation has claimed it recently, NotHomeRegion in a region that is not home,
        and Busy.
        """

    def release(self, subscriber: Subscriber) -> None:
        """Withdraw a claim: the mail has certainly not been sent."""

    def settle(self, subscriber: Subscriber, outcome: str) -> None:
        """Mark a mail as sent or refused, for good."""


class Mailer(Protocol):
    """Sends mail."""

    def send(self, address: str, mail: Mail) -> None:
        """Send one mail, or raise MailRefused or MailDeferred. After any other error it may have been sent."""
