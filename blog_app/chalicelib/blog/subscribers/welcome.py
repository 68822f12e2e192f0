"""The welcome mail: one for each round of a subscription, whatever the stream repeats.

A marker goes from claimed to sent. A claim that is older than the function can run is one whose function died, and is
taken over: only between sending and marking can a crash, or an answer that is lost, lead to a second mail.
"""

from collections.abc import Callable
from typing import Protocol

from chalicelib.blog.errors import HomeElsewhere
from chalicelib.blog.subscribers.mails import Mail
from chalicelib.blog.subscribers.subscriptions import Subscriber

# Longer than the function's timeout in stages.yaml.
CLAIM_SECONDS = 90


class InFlight(Exception):
    """Another invocation is sending this mail, or was and died; the record is to be tried again later."""


class Refused(Exception):
    """The mail service will not take mail to this address."""


class NotTaken(Exception):
    """The mail service has not taken this mail, and may later: throttled, paused, not set up."""


class Marks(Protocol):
    """One marker for each mail, beside the subscriber whom it is for."""

    def get(self, subscriber_id: str) -> Subscriber | None:
        """Return a subscriber as it is now."""

    def claim(self, subscriber: Subscriber, now: int, claim_seconds: int) -> bool:
        """Claim a mail; False if it was sent or refused.

        Raises InFlight if somebody else has a fresh claim, HomeElsewhere in a region that is not home, and Busy.
        """

    def release(self, subscriber: Subscriber) -> None:
        """Give a claim back: the mail has certainly not gone out."""

    def settle(self, subscriber: Subscriber, outcome: str) -> None:
        """Mark a mail as sent or refused, for good."""


class Mailer(Protocol):
    """Sends mail."""

    def send(self, address: str, mail: Mail) -> None:
        """Send one mail, or raise Refused or NotTaken; after any other error it may have gone out."""


class Welcome:
    """Sends welcome mails."""

    def __init__(
        self, marks: Marks, mailer: Mailer, write: Callable[[Subscriber], Mail], now: Callable[[], int]
    ) -> None:
        self._marks = marks
        self._mailer = mailer
        self._write = write
        self._now = now

    def follow(self, subscriber: Subscriber) -> str:
        """Send the mail of a subscriber who has just subscribed.

        Returns
        -------
        str
            `sent` or `refused`; `known` if it was one of these before, `passed` if nobody waits for this mail any more,
            `elsewhere` if it is another region's to send.

        Raises
        ------
        InFlight, NotTaken, Busy
            The record is to be tried again.
        """
        # A record may come hours late. By now the address may have bounced, or its owner may have left.
        now = self._marks.get(subscriber.id)
        if now is None or (now.state, now.round) != ("pending", subscriber.round):
            return "passed"
        try:
            is_claimed = self._marks.claim(now, self._now(), CLAIM_SECONDS)
        except HomeElsewhere:
            # Nothing is lost if the record ends here. The task that moves home asks for every mail that is not settled
            # after the new home has begun, and waits before that until all subscribers of the old one have arrived.
            # Who arrives later still is a record of the new home's own stream.
            return "elsewhere"
        return self._sent(now) if is_claimed else "known"

    def _sent(self, subscriber: Subscriber) -> str:
        try:
            self._mailer.send(subscriber.address, self._write(subscriber))
        except Refused:
            self._marks.settle(subscriber, "refused")
            return "refused"
        except NotTaken:
            self._marks.release(subscriber)
            raise
        self._marks.settle(subscriber, "sent")
        return "sent"
