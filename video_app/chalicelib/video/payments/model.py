"""Orders and subscriptions: who buys what, what it costs, and what has become of it."""

from typing import Annotated, Literal

import msgspec
from chalicelib.video.catalogue.model import Amount, Currency
from msgspec import Meta

from common.values import Id

Plan = Literal["month", "year"]
PLAN_TITLES = {"month": "All videos for a month", "year": "All videos for a year"}
Status = Literal["unpaid", "paid", "cancelled", "overdue", "ended"]
OrderId = Annotated[Id, Meta(description="An order.", examples=["019a2f3b7c40a1b2c3d4e5f60718"])]


class Prices(msgspec.Struct, frozen=True):
    """What a subscription costs for a month and for a year, in the currency's smallest unit."""

    currency: Currency
    month: Amount
    year: Amount

    def of(self, plan: Plan) -> int:
        """Return the price of a plan."""
        return self.month if plan == "month" else self.year


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One purchase: a subscription (`plan`), or one video for ever.

    `what` is the entitlement that it pays for. A payment of any other amount or currency gives no entitlement.
    """

    id: OrderId
    owner: str
    what: str
    title: str
    amount: Amount
    currency: Currency
    # Seconds since 1970.
    created_at: int
    plan: Plan | None = None
    # What a year costs, once the viewer has changed from a month to a year.
    upgrade_amount: Amount | None = None

    @property
    def accepted_amounts(self) -> frozenset[int]:
        """The prices that the viewer has agreed to."""
        return frozenset(amount for amount in (self.amount, self.upgrade_amount) if amount is not None)


class Purchase(msgspec.Struct, frozen=True):
    """What a viewer wants to buy: a subscription, or one video."""

    plan: Plan | None = None
    video_id: str | None = None


class OrderWithStatus(msgspec.Struct, frozen=True):
    """An order, and what has become of it."""

    order: Order
    status: Status


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription that has not ended. `paid_until` is None until its first payment is known."""

    order: Order
    # The provider's name of it.
    id: str
    plan: Plan
    renews: bool
    paid_until: int | None
