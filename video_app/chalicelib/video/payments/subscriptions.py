"""The use cases of a subscription: its state, cancelling, resuming, changing from a month to a year."""

import msgspec
from chalicelib.video.entitlements.model import PREMIUM
from chalicelib.video.errors import NotUpgradable, SubscriptionNotFound
from chalicelib.video.payments.model import Order, Prices, Subscription
from chalicelib.video.payments.ports import OrderStore, PaymentProvider, RecordReader
from chalicelib.video.payments.record import OrderFacts


class Subscriptions:
    """Everything that a viewer does with their subscription."""

    def __init__(
        self,
        *,
        store: OrderStore,
        records: RecordReader,
        provider: PaymentProvider,
        prices: Prices,
    ) -> None:
        self._store = store
        self._records = records
        self._provider = provider
        self._prices = prices

    def get(self, owner: str) -> Subscription:
        """Return the viewer's subscription; of several the newest that renews, else the newest.

        Raises
        ------
        SubscriptionNotFound
            There is none, or it has ended.
        """
        current = self._current(owner)
        return next((subscription for subscription in current if subscription.renews), current[0])

    def cancel(self, owner: str) -> Subscription:
        """Let the subscription end with its period; if there are several, all of them.

        Raises
        ------
        SubscriptionNotFound, ProviderUnavailable
        """
        subscription = self.get(owner)
        for one in self._current(owner):
            self._provider.cancel(one.id)
        return msgspec.structs.replace(subscription, renews=False)

    def resume(self, owner: str) -> Subscription:
        """Let the subscription renew after all.

        Raises
        ------
        SubscriptionNotFound, ProviderUnavailable
        """
        subscription = self.get(owner)
        self._provider.resume(subscription.id)
        return msgspec.structs.replace(subscription, renews=True)

    def upgrade(self, owner: str) -> Subscription:
        """Change from a month to a year, from now on.

        Raises
        ------
        SubscriptionNotFound, ProviderUnavailable
        PaymentDeclined
            The subscription stays as it was.
        NotUpgradable
            It is charged for a year already.
        """
        subscription = self.get(owner)
        if subscription.plan == "year":
            raise NotUpgradable("The subscription is for a year already.")
        # First the order: the payment may be reported before the provider answers.
        self._store.set_upgrade_amount(subscription.order, self._prices.year)
        self._provider.change_to_year(subscription.id, subscription.order, self._prices.year)
        return msgspec.structs.replace(subscription, plan="year", renews=True)

    def _current(self, owner: str) -> list[Subscription]:
        """Return the subscriptions that have not ended, the newest first; at least one."""
        orders = self._records.get(owner, PREMIUM).record.orders
        current = [
            _subscription(order, name, facts)
            # Ids begin with their time.
            for order_id, facts in sorted(orders.items(), reverse=True)
            for name, one in facts.subscriptions.items()
            if one.ended_at is None and (order := self._store.get(order_id))
        ]
        if not current:
            raise SubscriptionNotFound("There is no subscription.")
        return current


def _subscription(order: Order, name: str, facts: OrderFacts) -> Subscription:
    payments = [payment for payment in facts.payments.values() if payment.until and payment.cut_at is None]
    last = max(payments, key=lambda payment: payment.until or 0, default=None)
    is_upgraded = last is not None and last.amount == order.upgrade_amount
    return Subscription(
        order=order,
        id=name,
        plan="year" if is_upgraded else order.plan or "month",
        renews=facts.subscriptions[name].renews,
        paid_until=last.until if last else None,
    )
