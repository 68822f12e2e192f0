"""The use cases of readers: subscribe to new posts by mail, confirm an address, unsubscribe."""

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from chalicelib.blog.errors import SubscriptionNotFound, TooManyRequests
from chalicelib.blog.subscribers.model import ID_LENGTH, State, Subscriber, subscriber_id
from chalicelib.blog.subscribers.ports import SubscriberStore

from common.values import timestamp

DAY_SECONDS = 24 * 3600
HOUR_SECONDS = 3600
# An unsubscribed address may subscribe again. This limit keeps others from filling somebody's mailbox that way.
MAILS_A_DAY = 3
# A reader who has not confirmed after a day may not have got the mail, and can ask for another. The wait doubles with
# each mail, since the request may come from somebody else; it doubles so many times at most.
FIRST_WAIT_DAYS = 1
DOUBLINGS = 9
# One edge of the CDN forwards the requests of many viewers.
EDGE_FACTOR = 100


class Subscriptions:
    """Everything that readers do. No response shows whether an address was known."""

    def __init__(self, store: SubscriberStore, now: Callable[[], datetime], an_hour: int) -> None:
        """`an_hour` is how many requests to subscribe one viewer may send in an hour."""
        self._store = store
        self._now = now
        self._an_hour = an_hour

    def subscribe(self, address: str, source: str, edge: str) -> None:
        """Subscribe an address, unless it is subscribed, was asked to confirm recently, or is suppressed.

        Parameters
        ----------
        source, edge
            Network addresses: that of the viewer, as the CDN forwards it, and that of the API's caller.

        Raises
        ------
        TooManyRequests
        """
        self._limit(f"source#{source}", self._an_hour)
        self._limit(f"edge#{edge}", self._an_hour * EDGE_FACTOR)
        existing = self._store.get(subscriber_id(address))
        is_wanted = existing is None or self._may_subscribe_again(existing)
        # For each address the same is read, counted and written: the response time must not show what is known.
        # Requests that lead to no mail have a counter of their own, and do not use up the address's mails of the day.
        counter = f"{'address' if is_wanted else 'known'}#{subscriber_id(address)}"
        may = self._count(counter, DAY_SECONDS, MAILS_A_DAY)
        new = self._next_round(address, existing) if existing is None or (is_wanted and may) else existing
        # Of two simultaneous requests one is enough.
        self._store.put(existing, new)

    def find(self, link_token: str) -> Subscriber:
        """Return the subscriber whose mail had this token.

        Raises
        ------
        SubscriptionNotFound
        """
        identifier, _, token = link_token.partition(".")
        is_id = len(identifier) == ID_LENGTH and identifier.isalnum()
        subscriber = self._store.get(identifier) if is_id else None
        if subscriber is None or not hmac.compare_digest(subscriber.token.encode(), token.encode()):
            raise SubscriptionNotFound("This link leads to no subscription. It may be from an older mail.")
        return subscriber

    def find_to_confirm(self, link_token: str) -> Subscriber:
        """Return the subscriber whose mail had this token, if it is confirmed or can be.

        Raises
        ------
        SubscriptionNotFound
            There is none, or it has ended.
        """
        subscriber = self.find(link_token)
        if subscriber.state not in ("pending", "confirmed"):
            raise SubscriptionNotFound("This subscription has ended. Subscribe again to get new posts by mail.")
        return subscriber

    def confirm(self, link_token: str) -> None:
        """Confirm an address for later mails; a second time changes nothing.

        Raises
        ------
        SubscriptionNotFound
            There is none, or it has ended.
        """
        while (subscriber := self.find_to_confirm(link_token)).state == "pending":
            if self._move(subscriber, "confirmed"):
                return

    def unsubscribe(self, link_token: str) -> None:
        """Send no more mail to an address; a second time changes nothing.

        Raises
        ------
        SubscriptionNotFound
        """
        while (subscriber := self.find(link_token)).state in ("pending", "confirmed"):
            if self._move(subscriber, "unsubscribed"):
                return

    def suppress(self, address: str) -> bool:
        """Never send mail to an address again, even if it subscribes; False if it is not known."""
        while subscriber := self._store.get(subscriber_id(address)):
            if subscriber.state == "suppressed" or self._move(subscriber, "suppressed"):
                return True
        return False

    def _may_subscribe_again(self, subscriber: Subscriber) -> bool:
        """Whether a known address gets another mail."""
        if subscriber.state != "pending":
            return subscriber.state == "unsubscribed"
        wait = timedelta(days=FIRST_WAIT_DAYS * 2 ** min(subscriber.round - 1, DOUBLINGS))
        return subscriber.subscribed_at <= timestamp(self._now() - wait)

    def _next_round(self, address: str, existing: Subscriber | None) -> Subscriber:
        """Return the subscriber in its next round."""
        at = timestamp(self._now())
        # The links of an unsubscribed address are replaced. A pending address may have two mails, and both work.
        token = existing.token if existing and existing.state == "pending" else secrets.token_hex(16)
        number = existing.round + 1 if existing else 1
        return Subscriber(
            id=subscriber_id(address),
            address=address.strip(),
            state="pending",
            token=token,
            round=number,
            subscribed_at=at,
            changed_at=at,
        )

    def _move(self, subscriber: Subscriber, state: State) -> bool:
        moved = msgspec.structs.replace(subscriber, state=state, changed_at=timestamp(self._now()))
        return self._store.put(subscriber, moved)

    def _limit(self, counter: str, most: int) -> None:
        if not self._count(counter, HOUR_SECONDS, most):
            left = HOUR_SECONDS - int(self._now().timestamp()) % HOUR_SECONDS
            raise TooManyRequests("Too many requests from your network; try again in an hour.", left)

    def _count(self, counter: str, seconds: int, most: int) -> bool:
        window = int(self._now().timestamp()) // seconds
        return self._store.count(counter, window, seconds, most)
