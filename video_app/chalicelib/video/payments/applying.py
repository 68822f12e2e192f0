"""The use case of the function `apply_payment`: an event becomes part of a record, and the entitlement follows."""

import time
from collections.abc import Callable

import msgspec
from chalicelib.video.errors import UnusableEvent
from chalicelib.video.payments.fact_records import record_of, record_of_payment
from chalicelib.video.payments.facts import Fact, OfPayment, Paid, SubscriptionState
from chalicelib.video.payments.model import Order
from chalicelib.video.payments.ports import OrderStore, PaymentEvent, PaymentProvider, RecordStore
from chalicelib.video.payments.record import OrderFacts, PaymentRecord, SubscriptionFacts
from chalicelib.video.payments.rights import entitlement

from common.aws import backoff
from common.errors import Busy


class PaymentEvents:
    """Applies events, in any order and any number of times."""

    def __init__(
        self,
        *,
        orders: OrderStore,
        records: RecordStore,
        provider: PaymentProvider,
        grace_days: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._orders = orders
        self._records = records
        self._provider = provider
        self._grace_days = grace_days
        self._sleep = sleep

    def apply(self, event: PaymentEvent) -> None:
        """Merge an event into the record of its order's entitlement.

        Raises
        ------
        UnusableEvent
            The event is of no order of ours, or its amount or currency is not the order's.
        ProviderUnavailable, Busy
            The same event can be applied later.
        """
        if event.fact is None:
            return
        order, news = self._news(event.fact)
        for _ in backoff.attempts(self._sleep):
            stored = self._records.get(order.owner, order.what)
            if isinstance(event.fact, SubscriptionState):
                news = record_of(self._settled(event.fact, stored.record))
            record = stored.record.joined(news)
            if record == stored.record:
                return
            right = entitlement(order.owner, order.what, record, self._grace_days)
            if self._records.save(order.owner, order.what, stored, record, right):
                return
        raise Busy("Other events change this record.")

    def _news(self, fact: Fact) -> tuple[Order, PaymentRecord]:
        if isinstance(fact, OfPayment):
            found = self._provider.find_payment(fact.reference)
            if found is None:
                raise UnusableEvent("the payment is of no order")
            return self._order(found.order), record_of_payment(found.order, found.payment, fact)
        order = self._order(fact.order)
        if isinstance(fact, Paid):
            _check(order, fact)
        return order, record_of(fact)

    def _settled(self, fact: SubscriptionState, record: PaymentRecord) -> SubscriptionState:
        """Return the fact, or what the provider knows now if another state is known of the same second."""
        order = record.orders.get(fact.order, OrderFacts())
        known = order.subscriptions.get(fact.subscription, SubscriptionFacts())
        if known.state is None or not known.contradicts(fact.at, fact.renews):
            return fact
        renews = self._provider.renews(fact.subscription)
        return msgspec.structs.replace(fact, renews=renews, reading=known.state[1] + 1)

    def _order(self, order_id: str) -> Order:
        order = self._orders.get(order_id) if order_id else None
        if order is None or order.id != order_id:
            raise UnusableEvent("there is no such order")
        return order


def _check(order: Order, paid: Paid) -> None:
    if paid.currency != order.currency:
        raise UnusableEvent(f"paid in {paid.currency}, not in {order.currency}")
    if paid.amount not in order.accepted_amounts:
        raise UnusableEvent(f"paid {paid.amount}, which is no price of the order")
    if (paid.until is None) != (order.plan is None):
        raise UnusableEvent("a purchase has no period, and a subscription has one")
