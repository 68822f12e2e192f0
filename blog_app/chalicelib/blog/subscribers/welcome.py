"""The welcome mail: one for each round of a subscription, even if the stream delivers a record several times."""

from collections.abc import Callable

from chalicelib.blog.errors import NotHomeRegion
from chalicelib.blog.subscribers.delivery import CLAIM_SECONDS, Delivery, SecondsLeft
from chalicelib.blog.subscribers.mails import Mail
from chalicelib.blog.subscribers.model import Subscriber
from chalicelib.blog.subscribers.ports import LateMails, MailInFlight, MailUncertain, Subscribers


class Welcome:
    """Sends welcome mails."""

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        delivery: Delivery,
        write: Callable[[Subscriber], Mail],
        late: LateMails,
    ) -> None:
        self._subscribers = subscribers
        self._delivery = delivery
        self._write = write
        self._late = late

    def send_or_postpone(self, subscriber: Subscriber, left: SecondsLeft) -> str:
        """Send the mail as `send` does. One that has to wait for its own claim does not hold up the next ones.

        Returns
        -------
        str
            As `send`, or `postponed`.

        Raises
        ------
        MailDeferred, Busy
            The record is to be tried again.
        """
        try:
            return self.send(subscriber.id, subscriber.round, left)
        except (MailInFlight, MailUncertain):
            self._late.put_welcome(subscriber.id, subscriber.round, CLAIM_SECONDS + 1)
            return "postponed"

    def send(self, subscriber_id: str, number: int, left: SecondsLeft) -> str:
        """Send the welcome mail of a subscriber's round.

        Parameters
        ----------
        left
            How many seconds the function has left.

        Returns
        -------
        str
            The outcome for the log: `sent` or `refused`, now or before; `passed` if the round is over, `elsewhere` if
            another region sends it.

        Raises
        ------
        MailInFlight, MailUncertain, MailDeferred, Busy
            As `Delivery.send`.
        """
        # A record may come hours late. Meanwhile the address may have bounced or unsubscribed.
        now = self._subscribers.get(subscriber_id)
        if now is None or (now.state, now.round) != ("pending", number):
            return "passed"
        try:
            return self._delivery.send(now, f"welcome#{number}", self._write, left)
        except NotHomeRegion:
            # The mail is not lost. The task `move_home` waits until all subscribers of the old home have arrived in the
            # new one, and then requests every mail that is not settled. A subscriber who arrives later is a record of
            # the new home's own stream.
            return "elsewhere"
