"""Subscribers: who wants new posts by mail, and the welcome mail that each new address gets."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Literal, Protocol

import msgspec
from chalicelib.blog.errors import SubscriptionNotFound, TooManyRequests
from chalicelib.blog.posts.model import timestamp
from msgspec import Meta

# ASCII only, so that no letter looks like another. RFC 5321 allows 64 characters before the @ and 254 in all.
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
ADDRESS = rf"^(?=.{{1,64}}@){_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9](?!\n)$"
Address = Annotated[str, Meta(max_length=254, pattern=ADDRESS, examples=["reader@example.com"])]
State = Literal["pending", "confirmed", "unsubscribed", "suppressed"]

DAY_SECONDS = 24 * 3600
HOUR_SECONDS = 3600
# An address may be given again after it was unsubscribed, but not as a way to fill somebody's mailbox.
MAILS_A_DAY = 3
# Who has not confirmed a day after a mail may not have got it. The days double with each mail, since whoever asks need
# not be the address's owner; so many times at most.
FIRST_WAIT_DAYS = 1
DOUBLINGS = 9
# Behind an edge of the CDN are many viewers.
EDGE_FACTOR = 100


class NewSubscriber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader sends to subscribe."""

    address: Address


class Subscriber(msgspec.Struct, frozen=True, rename="camel"):
    """One address. Each time it subscribes anew is a round of its own, with a welcome mail of its own."""

    id: str
    address: str
    state: State
    token: str
    round: int
    subscribed_at: str
    changed_at: str


class SubscriberStore(Protocol):
    """Keeps subscribers, and counts requests."""

    def get(self, subscriber_id: str) -> Subscriber | None:
        """Return one subscriber."""

    def put(self, old: Subscriber | None, new: Subscriber) -> bool:
        """Write a subscriber, who may be the old one, if that is still there as it was; False if not."""

    def count(self, counter: str, window: int, seconds: int, most: int) -> bool:
        """Count one more in a window of time; False if there were `most` already."""


class Subscriptions:
    """What readers do. No answer tells whether an address was known."""

    def __init__(self, store: SubscriberStore, now: Callable[[], datetime], an_hour: int) -> None:
        """A viewer may send `an_hour` requests to subscribe in one."""
        self._store = store
        self._now = now
        self._an_hour = an_hour

    def subscribe(self, address: str, source: str, edge: str) -> None:
        """Subscribe an address, unless it is subscribed, was asked to confirm shortly ago, or must be left alone.

        Parameters
        ----------
        source, edge
            Network addresses: the viewer's, as the CDN tells it, and of what called the API.

        Raises
        ------
        TooManyRequests
        """
        self._limit(f"source#{source}", self._an_hour)
        self._limit(f"edge#{edge}", self._an_hour * EDGE_FACTOR)
        known = self._store.get(subscriber_id(address))
        is_wanted = known is None or self._may_come_anew(known)
        # Whatever is known of an address, the same is read, counted and written: the time of an answer tells, too.
        # What leads to no mail is counted apart, and leaves the address its mails of the day.
        counter = f"{'address' if is_wanted else 'known'}#{subscriber_id(address)}"
        may = self._count(counter, DAY_SECONDS, MAILS_A_DAY)
        new = self._anew(address, known) if known is None or (is_wanted and may) else known
        # Of two requests at once one is enough.
        self._store.put(known, new)

    def find(self, link_token: str) -> Subscriber:
        """Return the subscriber whose mail had this token.

        Raises
        ------
        SubscriptionNotFound
        """
        identifier, _, token = link_token.partition(".")
        found = self._store.get(identifier) if len(identifier) == _ID_LENGTH and identifier.isalnum() else None
        if found is None or not hmac.compare_digest(found.token.encode(), token.encode()):
            raise SubscriptionNotFound("This link leads to no subscription. It may be from an older mail.")
        return found

    def find_to_confirm(self, link_token: str) -> Subscriber:
        """Return the subscriber whose mail had this token, if it can be confirmed or is.

        Raises
        ------
        SubscriptionNotFound
            As for no subscription: the address gets no mail, and must not be told that it will.
        """
        found = self.find(link_token)
        if found.state not in ("pending", "confirmed"):
            raise SubscriptionNotFound("This subscription has ended. Subscribe again to get new posts by mail.")
        return found

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
        """Send no mail to an address ever again, whatever its owner asks; False if it is none of ours."""
        while known := self._store.get(subscriber_id(address)):
            if known.state == "suppressed":
                return True
            if self._move(known, "suppressed"):
                return True
        return False

    def _may_come_anew(self, known: Subscriber) -> bool:
        """Whether a known address gets another mail if it is given again."""
        if known.state != "pending":
            return known.state == "unsubscribed"
        wait = timedelta(days=FIRST_WAIT_DAYS * 2 ** min(known.round - 1, DOUBLINGS))
        return known.subscribed_at <= timestamp(self._now() - wait)

    def _anew(self, address: str, known: Subscriber | None) -> Subscriber:
        """Make a subscriber's next round."""
        at = timestamp(self._now())
        # Who has left gets other links; who has not answered may have two mails by now, and both work.
        token = known.token if known and known.state == "pending" else secrets.token_hex(16)
        number = known.round + 1 if known else 1
        return Subscriber(subscriber_id(address), address.strip(), "pending", token, number, at, at)

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


_ID_LENGTH = 32


def subscriber_id(address: str) -> str:
    """Return the id of an address, which is the same however its letters are cased."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()[:_ID_LENGTH]


def link_token(subscriber: Subscriber) -> str:
    """Return what the links in a subscriber's mails carry."""
    return f"{subscriber.id}.{subscriber.token}"
