"""What the use cases of subscribers need from outside."""

from typing import Protocol

from chalicelib.blog.subscribers.mails import Mail
from chalicelib.blog.subscribers.model import Subscriber

from common.errors import TryAgain


class MailInFlight(TryAgain):
    """Another invocation is sending this mail, or has died while it did; its claim ends by itself."""


class MailUncertain(TryAgain):
    """The mail service has not said whether it took this mail. The claim of the mail stays, and ends by itself."""


class MailRefused(Exception):
    """The mail service will never take mail to this address."""


class MailDeferred(TryAgain):
    """The mail service has not taken this mail, and may take it later: throttled, paused, not set up."""


class Subscribers(Protocol):
    """The subscribers as they are now."""

    def get(self, subscriber_id: str) -> Subscriber | None:
        """Return one subscriber."""


class SubscriberStore(Subscribers, Protocol):
    """Keeps subscribers, and counts requests."""

    def put(self, old: Subscriber | None, new: Subscriber) -> bool:
        """Write a subscriber, who may be the old one, if the old one has not changed; False if it has."""

    def count(self, counter: str, window: int, seconds: int, most: int) -> bool:
        """Add one to a counter of a time window; False if it is `most` already."""


class MailMarks(Protocol):
    """A mark for each mail, beside the subscriber whom it is for. Its name says which mail it is."""

    def claim(self, subscriber: Subscriber, mark: str, now: int, claim_seconds: int) -> str | None:
        """Claim a mail; returns its outcome if it has one already, and then it is not claimed.

        Raises MailInFlight if another invocation has claimed it recently, NotHomeRegion in a region that is not home,
        and Busy.
        """

    def release(self, subscriber: Subscriber, mark: str) -> None:
        """Withdraw a claim: the mail has certainly not been sent."""

    def settle(self, subscriber: Subscriber, mark: str, outcome: str) -> None:
        """Mark a mail as sent or refused, for good. Raises Busy if the mark cannot be written at the moment."""


class Mailer(Protocol):
    """Sends mail."""

    def send(self, address: str, mail: Mail) -> None:
        """Send one mail, or raise MailRefused or MailDeferred. After any other error it may have been sent."""


class LateMails(Protocol):
    """Mails that are tried again later, one by one."""

    def put_welcome(self, subscriber_id: str, number: int, delay_seconds: int) -> None:
        """Have the welcome mail of a subscriber's round tried again."""
