"""Payments by Stripe: Checkout Sessions and subscriptions.

An order's id is in the metadata of everything that Stripe makes for it, so that every event can be traced back.
"""

from typing import Any

import msgspec
from chalicelib.video.errors import SubscriptionNotFound
from chalicelib.video.payments.model import Order
from chalicelib.video.payments.ports import PaymentOfOrder
from chalicelib.video.payments.stripe_api import RefusedByProvider, StripeApi
from chalicelib.video.payments.stripe_objects import Invoice, Subscription


class StripePayments:
    """A PaymentProvider."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    def payment_page(self, order: Order, return_url: str, cancel_url: str) -> str:
        """Create a Checkout Session, once for an order: https://docs.stripe.com/api/checkout/sessions/create"""
        metadata = {"order": order.id}
        price: dict[str, Any] = {
            "currency": order.currency,
            "unit_amount": order.amount,
            # A change of plan keeps the product, so its name says no period. The page shows the price's.
            "product_data": {"name": "All videos" if order.plan else order.title},
        }
        of_mode: dict[str, Any] = {"mode": "payment", "payment_intent_data": {"metadata": metadata}}
        if order.plan:
            price["recurring"] = {"interval": order.plan}
            of_mode = {"mode": "subscription", "subscription_data": {"metadata": metadata}}
        session = self._api.post(
            "/v1/checkout/sessions",
            {
                **of_mode,
                "client_reference_id": order.id,
                "metadata": metadata,
                "line_items": [{"quantity": 1, "price_data": price}],
                "success_url": return_url,
                "cancel_url": cancel_url,
            },
            idempotency_key=order.id,
        )
        url: str = session["url"]
        return url

    def cancel(self, subscription: str) -> None:
        """Set `cancel_at_period_end`: https://docs.stripe.com/billing/subscriptions/cancel"""
        self._update(subscription, {"cancel_at_period_end": True})

    def resume(self, subscription: str) -> None:
        """Take the cancellation back, which Stripe allows until the period ends."""
        self._update(subscription, {"cancel_at_period_end": False})

    def change_to_year(self, subscription: str, order: Order, amount: int) -> None:
        """Replace the price of the only item. Another interval begins a new period, which is charged at once.

        No idempotency key: Stripe would repeat a refusal for a day. The same change a second time costs nothing.
        https://docs.stripe.com/billing/subscriptions/change-price
        """
        item = self._existing(self._api.get(f"/v1/subscriptions/{subscription}"))["items"]["data"][0]
        if item["price"]["recurring"]["interval"] == "year":
            return
        price = {
            "currency": order.currency,
            "unit_amount": amount,
            "product": item["price"]["product"],
            "recurring": {"interval": "year"},
        }
        self._update(
            subscription,
            {
                "items": [{"id": item["id"], "price_data": price}],
                "proration_behavior": "always_invoice",
                "payment_behavior": "error_if_incomplete",
                "cancel_at_period_end": False,
            },
        )

    def renews(self, subscription: str) -> bool:
        """Read the subscription."""
        found = self._existing(self._api.get(f"/v1/subscriptions/{subscription}"))
        return msgspec.convert(found, Subscription).renews

    def find_payment(self, reference: str) -> PaymentOfOrder | None:
        """Find the order by the metadata of the invoice that a PaymentIntent paid, or of the PaymentIntent itself.

        https://docs.stripe.com/api/invoice-payment/list
        """
        if not reference:
            return None
        fields = {"payment": {"type": "payment_intent", "payment_intent": reference}, "expand": ["data.invoice"]}
        payments = (self._api.get("/v1/invoice_payments", fields) or {}).get("data", [])
        for invoice in (msgspec.convert(payment["invoice"], Invoice) for payment in payments):
            return PaymentOfOrder(invoice.order, invoice.id) if invoice.order else None
        intent = self._api.get(f"/v1/payment_intents/{reference}")
        order = intent["metadata"].get("order") if intent else None
        return PaymentOfOrder(order, reference) if order else None

    def _update(self, subscription: str, fields: dict[str, Any]) -> None:
        path = f"/v1/subscriptions/{subscription}"
        try:
            self._existing(self._api.post(path, fields))
        except RefusedByProvider:
            # It may have ended a moment ago, and the event is still on its way.
            if msgspec.convert(self._existing(self._api.get(path)), Subscription).ended_at is not None:
                raise SubscriptionNotFound("The subscription has ended.") from None
            raise

    @staticmethod
    def _existing(answer: Any) -> Any:
        if answer is None:
            raise SubscriptionNotFound("The payment provider has no such subscription.")
        return answer
