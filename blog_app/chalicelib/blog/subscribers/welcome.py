"""The welcome mail: one for each round of a subscription, even if the stream delivers a record several times.

A mark goes from claimed to sent. A claim that is older than the function's timeout is one whose function died, and
another invocation takes it over. Only a crash between sending and marking, or a lost response of the mail service, can
lead to a second mail.
"""

from collections.abc import Callable

from chalicelib.blog.errors import NotHomeRegion
from chalicelib.blog.subscribers.mails import Mail
from chalicelib.blog.subscribers.model import Subscriber
from chalicelib.blog.subscribers.ports import MailDeferred, Mailer, MailRefused, WelcomeMarks

# Longer than the function's timeout in stages.yaml.
CLAIM_SECONDS = 90


class Welcome:
    """Sends welcome mails."""

    def __init__(
        self,
        *,
        marks: WelcomeMarks,
        mailer: Mailer,
        write: Callable[[Subscriber], Mail],
        now: Callable[[], int],
    ) -> None:
        """`now` tells the time in seconds since 1970."""
        self._marks = marks
        self._mailer = mailer
        self._write = write
        self._now = now

    def send(self, subscriber: Subscriber) -> str:
        """Send the welcome mail of a subscriber's round.

        Returns
        -------
        str
            The outcome for the log: `sent` or `refused`, `known` if it was one of these before, `passed` if the round
            is over, `elsewhere` if another region sends it.

        Raises
        ------
        MailInFlight, MailDeferred, Busy
            The record is to be tried again.
        """
        # A record may come hours late. Meanwhile the address may have bounced or unsubscribed.
        now = self._marks.get(subscriber.id)
        if now is None or (now.state, now.round) != ("pending", subscriber.round):
            return "passed"
        try:
            is_claimed = self._marks.claim(now, self._now(), CLAIM_SECONDS)
        except NotHomeRegion:
            # The mail is not lost. The task `move_home` waits until all subscribers of the old home have arrived in the
            # new one, and then requests every mail that is not settled. A subscriber who arrives later is a record of
            # the new home's own stream.
            return "elsewhere"
        return self._sent(now) if is_claimed else "known"

    def _sent(self, subscriber: Subscriber) -> str:
        try:
            self._mailer.send(subscriber.address, self._write(subscriber))
        except MailRefused:
            self._marks.settle(subscriber, "refused")
            return "refused"
        except MailDeferred:
            self._marks.release(subscriber)
            raise
        self._marks.settle(subscriber, "sent")
        return "sent"
