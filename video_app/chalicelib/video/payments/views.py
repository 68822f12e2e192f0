"""Orders and subscriptions over HTTP: their JSON."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from chalice.app import Response
from chalicelib.video.catalogue.model import Amount, Currency, VideoId
from chalicelib.video.entitlements.model import VIDEO
from chalicelib.video.payments.model import (
    PLAN_TITLES,
    Order,
    OrderId,
    OrderWithStatus,
    Plan,
    Prices,
    Purchase,
    Status,
    Subscription,
)
from msgspec import Meta

from common.errors import InvalidField
from common.http import responses
from common.values import Timestamp, timestamp

PRIVATE = {"Cache-Control": "no-store"}
PUBLIC = {"Cache-Control": "public, max-age=300"}


class NewCheckout(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """What is bought: a subscription by its plan, or one video by its id."""

    plan: Annotated[
        Plan | None, Meta(description="The plan of a subscription, if no video is sent.", examples=[None])
    ] = None
    video_id: Annotated[
        VideoId | None, Meta(description="The video, if no plan is sent.", examples=["019a2f3b7c40a1b2c3d4e5f60718"])
    ] = None

    def purchase(self) -> Purchase:
        """Return what is bought.

        Raises
        ------
        InvalidField
            Neither or both are sent.
        """
        if (self.plan is None) == (self.video_id is None):
            raise InvalidField("plan", "or videoId is required, and not both")
        return Purchase(self.plan, self.video_id)


class CheckoutView(msgspec.Struct, rename="camel"):
    """An order that waits for its payment."""

    order_id: OrderId
    order_url: Annotated[str, Meta(examples=["https://videos.example/api/orders/019a2f3b7c40a1b2c3d4e5f60718"])]
    payment_url: Annotated[
        str, Meta(description="The page of the payment provider.", examples=["https://pay.example/c/cs_test_a1b2"])
    ]


class OrderView(msgspec.Struct, rename="camel"):
    """An order."""

    id: OrderId
    url: Annotated[str, Meta(examples=["https://videos.example/api/orders/019a2f3b7c40a1b2c3d4e5f60718"])]
    title: Annotated[str, Meta(examples=["The Tide Mill"])]
    plan: Annotated[Plan | None, Meta(description="The plan of a subscription; null for a video.", examples=["month"])]
    video_id: Annotated[VideoId | None, Meta(description="The video; null for a subscription.", examples=[None])]
    amount: Amount
    currency: Currency
    created_at: Timestamp
    status: Annotated[
        Status,
        Meta(
            description=(
                "`unpaid`; `paid`; `cancelled`: valid until its period ends; `overdue`: a renewal could not be paid "
                "yet; `ended`: over, refunded or disputed."
            ),
            examples=["paid"],
        ),
    ]


class SubscriptionView(msgspec.Struct, rename="camel"):
    """The caller's subscription."""

    order_id: OrderId
    plan: Annotated[Plan, Meta(description="What is charged next.", examples=["month"])]
    renews: Annotated[bool, Meta(description="Whether the next period is charged when this one ends.")]
    paid_until: Annotated[
        Timestamp | None, Meta(description="The end of the paid period; null while none is known to be paid.")
    ]


class PlanView(msgspec.Struct):
    """What a subscription costs for one period."""

    plan: Annotated[Plan, Meta(examples=["month"])]
    title: Annotated[str, Meta(examples=["All videos for a month"])]
    amount: Amount
    currency: Currency


class PaymentViews:
    """Writes orders and subscriptions for clients."""

    def __init__(self, public_url: str) -> None:
        self._url = f"{public_url.rstrip('/')}/api/orders"

    def checkout(self, order: Order, payment_url: str) -> Response:
        """Answer with a new order and where it is paid."""
        url = f"{self._url}/{order.id}"
        return responses.json(CheckoutView(order.id, url, payment_url), {**PRIVATE, "Location": url}, 201)

    def order(self, found: OrderWithStatus) -> Response:
        """Answer with an order."""
        order = found.order
        view = OrderView(
            id=order.id,
            url=f"{self._url}/{order.id}",
            title=order.title,
            plan=order.plan,
            video_id=None if order.plan else order.what.removeprefix(VIDEO),
            amount=order.amount,
            currency=order.currency,
            created_at=_time(order.created_at),
            status=found.status,
        )
        return responses.json(view, PRIVATE)


def subscription_response(subscription: Subscription) -> Response:
    """Answer with a subscription."""
    until = subscription.paid_until
    view = SubscriptionView(
        order_id=subscription.order.id,
        plan=subscription.plan,
        renews=subscription.renews,
        paid_until=None if until is None else _time(until),
    )
    return responses.json(view, PRIVATE)


def plans_response(prices: Prices) -> Response:
    """Answer with what a subscription costs."""
    plans = [PlanView(plan, PLAN_TITLES[plan], prices.of(plan), prices.currency) for plan in _PLANS]
    return responses.json(plans, PUBLIC)


_PLANS: tuple[Plan, ...] = ("month", "year")


def _time(seconds: int) -> str:
    return timestamp(datetime.fromtimestamp(seconds, UTC))
