"""The use cases of buying: prices, orders and the payment page."""

from collections.abc import Callable
from datetime import UTC, datetime

from chalicelib.video.catalogue.ports import VideoStore
from chalicelib.video.entitlements.model import PREMIUM, of_video
from chalicelib.video.errors import AlreadyPaid, KeyReused, OrderNotFound, VideoNotFound
from chalicelib.video.payments.model import PLAN_TITLES, Order, OrderWithStatus, Prices, Purchase, Status
from chalicelib.video.payments.ports import IdempotencyKey, OrderStore, PaymentProvider, RecordReader
from chalicelib.video.payments.record import OrderFacts

from common.values import new_id

KEY_LIFETIME_SECONDS = 24 * 3600
_DAY = 86_400


class Orders:
    """Everything that a viewer does with orders."""

    def __init__(
        self,
        *,
        store: OrderStore,
        records: RecordReader,
        videos: VideoStore,
        provider: PaymentProvider,
        prices: Prices,
        public_url: str,
        now: Callable[[], int],
    ) -> None:
        self._store = store
        self._records = records
        self._videos = videos
        self._provider = provider
        self._prices = prices
        self._public_url = public_url.rstrip("/")
        self._now = now

    def start(self, owner: str, purchase: Purchase, key: str | None = None, fingerprint: str = "") -> tuple[Order, str]:
        """Make an order, and return it with the URL of its payment page.

        Raises
        ------
        VideoNotFound, AlreadyPaid, ProviderUnavailable
        KeyReused
            The key was used before with another body.
        """
        now = self._now()
        order = self._order(owner, purchase, now)
        remembered = IdempotencyKey(key, fingerprint, now + KEY_LIFETIME_SECONDS) if key else None
        if first_use := self._store.add(order, remembered, now):
            if first_use.fingerprint != fingerprint:
                raise KeyReused("This key was used with another body.")
            order = first_use.order
        page = f"{self._public_url}/?order={order.id}"
        return order, self._provider.payment_page(order, f"{page}&payment=done", f"{page}&payment=cancelled")

    def get(self, owner: str, order_id: str) -> OrderWithStatus:
        """Return an order of this viewer.

        Raises
        ------
        OrderNotFound
            There is none; another viewer's order looks the same.
        """
        order = self._store.get(order_id)
        if order is None or order.owner != owner:
            raise OrderNotFound("The order does not exist.")
        facts = self._records.get(owner, order.what).record.orders.get(order_id, OrderFacts())
        return OrderWithStatus(order, status(facts, self._now()))

    def _order(self, owner: str, purchase: Purchase, now: int) -> Order:
        what = of_video(purchase.video_id) if purchase.video_id else PREMIUM
        self._refuse_second(owner, what, now)
        order_id = new_id(datetime.fromtimestamp(now, UTC))
        if purchase.plan:
            amount, currency, title = self._prices.of(purchase.plan), self._prices.currency, PLAN_TITLES[purchase.plan]
        else:
            video = self._videos.get(purchase.video_id or "")
            if video is None or not video.is_ready:
                raise VideoNotFound("The video does not exist.")
            amount, currency, title = video.amount, video.currency, video.title
        return Order(
            id=order_id,
            owner=owner,
            what=what,
            title=title,
            amount=amount,
            currency=currency,
            created_at=now,
            plan=purchase.plan,
        )

    def _refuse_second(self, owner: str, what: str, now: int) -> None:
        orders = self._records.get(owner, what).record.orders.values()
        if any(status(facts, now) not in ("unpaid", "ended") for facts in orders):
            raise AlreadyPaid("You have bought this already.")


def status(facts: OrderFacts, now: int) -> Status:
    """Say what has become of an order: `cancelled` and `overdue` subscriptions are still valid."""
    payments = [payment for payment in facts.payments.values() if payment.since is not None]
    if not payments:
        return "unpaid"
    if all(payment.cut_at is not None for payment in payments):
        return "ended"
    if not any(payment.until for payment in payments):
        return "paid"
    return _subscription_status(facts, now, max(payment.until or 0 for payment in payments if payment.cut_at is None))


def _subscription_status(facts: OrderFacts, now: int, until: int) -> Status:
    subscriptions = facts.subscriptions.values()
    if any(one.ended_at is not None for one in subscriptions):
        return "ended"
    if any(one.renews for one in subscriptions):
        # Without a failure, a renewal is charged up to an hour after the period's end.
        has_failed = (facts.failed_since or 0) >= until or now >= until + _DAY
        return "overdue" if has_failed else "paid"
    if now >= until:
        return "ended"
    # Without any state the subscription's first event is still on its way.
    return "cancelled" if subscriptions else "paid"
