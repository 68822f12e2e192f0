"""Delivery: each mail is sent once, whatever is retried.

A mark beside the subscriber goes from claimed to an outcome. A claim that is older than the functions' timeout is one
whose function died, and another invocation takes it over. A mail is sent a second time only if the function ends
between sending and marking, or if the response of the mail service or the home region is lost in between.
"""

import time
from collections.abc import Callable

from chalicelib.blog.subscribers.mails import Mail
from chalicelib.blog.subscribers.model import Subscriber
from chalicelib.blog.subscribers.ports import MailDeferred, Mailer, MailMarks, MailRefused, MailUncertain

from common.aws.backoff import attempts_while
from common.errors import Busy

# Longer than the timeout of each function that sends mail, in stages.yaml.
CLAIM_SECONDS = 90
# No mail is claimed with less time than this: for the mail service, and for a mark that takes several attempts.
RESERVE_SECONDS = 30
# A mark is tried until so little time is left.
LAST_SECONDS = 1

SecondsLeft = Callable[[], float]


class Delivery:
    """Sends mails, and marks them."""

    def __init__(
        self,
        *,
        marks: MailMarks,
        mailer: Mailer,
        now: Callable[[], int],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`now` tells the time in seconds since 1970."""
        self._marks = marks
        self._mailer = mailer
        self._now = now
        self._sleep = sleep

    def send(self, subscriber: Subscriber, mark: str, write: Callable[[Subscriber], Mail], left: SecondsLeft) -> str:
        """Send one mail, unless it has an outcome already.

        Parameters
        ----------
        mark
            Which mail it is, such as `welcome#1`.
        left
            How many seconds the function has left.

        Returns
        -------
        str
            The mail's outcome: `sent` or `refused`.

        Raises
        ------
        MailInFlight, MailUncertain
            This mail is to be tried again after CLAIM_SECONDS. Others need not wait.
        MailDeferred
            All mails are to be tried again later.
        NotHomeRegion
            Another region sends it.
        Busy
            There is not enough time left, or too much is being changed at once.
        """
        if left() < RESERVE_SECONDS:
            raise Busy("Not enough time is left to send a mail.")
        if outcome := self._marks.claim(subscriber, mark, self._now(), CLAIM_SECONDS):
            return outcome
        outcome = self._sent(subscriber, mark, write(subscriber))
        self._settle(subscriber, mark, outcome, left)
        return outcome

    def _sent(self, subscriber: Subscriber, mark: str, mail: Mail) -> str:
        try:
            self._mailer.send(subscriber.address, mail)
        except MailRefused:
            return "refused"
        except MailDeferred:
            self._marks.release(subscriber, mark)
            raise
        except Exception as error:
            raise MailUncertain(repr(error)) from error
        return "sent"

    def _settle(self, subscriber: Subscriber, mark: str, outcome: str, left: SecondsLeft) -> None:
        """Write the outcome, for as long as there is time: without it the mail would be sent again."""
        for _ in attempts_while(lambda: left() > LAST_SECONDS, self._sleep):
            try:
                self._marks.settle(subscriber, mark, outcome)
            except Busy:
                continue
            return
        raise Busy("The outcome of a mail could not be written.")
