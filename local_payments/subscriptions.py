"""Subscriptions: https://docs.stripe.com/billing/subscriptions/overview"""

from typing import Any

from local_payments.account import Account, Json, listed, new_id
from local_payments.events import emit
from local_payments.invoices import draft, item_of, line_of, pay_invoice, period_line
from local_payments.payments import Declined, NotAllowed
from local_payments.periods import period_end
from local_payments.prices import make_price


def start(account: Account, session: Json, price: Json) -> Json:
    """Begin a subscription whose first period is paid."""
    customer = account.add("cus", "customer", email=None, metadata={}, declines=False)
    now = account.now()
    item = _item(price, now, period_end(account, now, price["recurring"]["interval"]))
    subscription = account.add(
        "sub",
        "subscription",
        billing_cycle_anchor=now,
        cancel_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        collection_method="charge_automatically",
        currency=price["currency"],
        customer=customer["id"],
        ended_at=None,
        items=listed([item], "/v1/subscription_items"),
        latest_invoice=None,
        metadata=dict(session["subscription_data"].get("metadata", {})),
        start_date=now,
        status="active",
    )
    emit(account, "customer.subscription.created", subscription)
    pay_invoice(account, draft(account, subscription, [period_line(subscription)], "subscription_create"))
    return subscription


def renew(account: Account, subscription_id: str) -> Json:
    """End the period: charge what is due, or end the subscription if it was cancelled."""
    subscription = _running(account, subscription_id)
    if subscription["cancel_at_period_end"]:
        return end(account, subscription_id, at=item_of(subscription)["current_period_end"])
    if account.get(subscription["customer"], "customer")["declines"]:
        return fail(account, subscription_id)
    pay_invoice(account, _due_invoice(account, subscription))
    _update(account, subscription, status="active")
    return subscription


def fail(account: Account, subscription_id: str) -> Json:
    """End the period, and decline the payment of the next one."""
    subscription = _running(account, subscription_id)
    invoice = _due_invoice(account, subscription)
    _update(account, subscription, status="past_due")
    emit(account, "invoice.payment_failed", invoice)
    return subscription


def end(account: Account, subscription_id: str, at: int | None = None) -> Json:
    """End a subscription now: https://docs.stripe.com/api/subscriptions/cancel"""
    subscription = _running(account, subscription_id)
    now = account.now()
    subscription.update(status="canceled", canceled_at=now, ended_at=now if at is None else min(at, now))
    emit(account, "customer.subscription.deleted", subscription)
    return subscription


def update(account: Account, subscription_id: str, fields: Json) -> Json:
    """Cancel at the period's end, resume, or change the price: https://docs.stripe.com/api/subscriptions/update

    Raises
    ------
    NoSuchObject, NotAllowed, Declined
    """
    subscription = _running(account, subscription_id)
    if items := fields.get("items"):
        _change_price(account, subscription, items[0]["price_data"])
    if "cancel_at_period_end" in fields:
        cancels = fields["cancel_at_period_end"] == "true"
        if cancels != subscription["cancel_at_period_end"]:
            _update(account, subscription, cancel_at_period_end=cancels, canceled_at=account.now() if cancels else None)
    return subscription


def _change_price(account: Account, subscription: Json, price_data: Json) -> None:
    """Begin a new period now, with a credit for what is left of the current one."""
    if account.get(subscription["customer"], "customer")["declines"]:
        raise Declined("Your card was declined.")
    now, old = account.now(), item_of(subscription)
    start, until = old["current_period_start"], old["current_period_end"]
    credit = old["price"]["unit_amount"] * max(0, until - now) // max(1, until - start)
    credit_line = line_of(subscription, -min(credit, old["price"]["unit_amount"]), now, until, proration=True)
    price = make_price(account, price_data)
    interval = price["recurring"]["interval"]
    old.update(price=price, current_period_start=now, current_period_end=period_end(account, now, interval))
    _update(account, subscription, billing_cycle_anchor=now)
    pay_invoice(account, draft(account, subscription, [credit_line, period_line(subscription)], "subscription_update"))


def _running(account: Account, subscription_id: str) -> Json:
    subscription = account.get(subscription_id, "subscription")
    if subscription["status"] == "canceled":
        raise NotAllowed("A canceled subscription can only update its cancellation_details and metadata.")
    return subscription


def _next_period(account: Account, subscription: Json) -> None:
    item = item_of(subscription)
    start = item["current_period_end"]
    until = period_end(account, start, item["price"]["recurring"]["interval"])
    item.update(current_period_start=start, current_period_end=until)


def _due_invoice(account: Account, subscription: Json) -> Json:
    """Return the invoice that is due: that of the next period, or the one that could not be paid before."""
    if subscription["status"] == "past_due":
        return account.get(subscription["latest_invoice"], "invoice")
    _next_period(account, subscription)
    return draft(account, subscription, [period_line(subscription)], "subscription_cycle")


def _update(account: Account, subscription: Json, **fields: Any) -> None:
    previous = {name: subscription[name] for name in fields if subscription[name] != fields[name]}
    subscription.update(fields)
    emit(account, "customer.subscription.updated", subscription, **previous)


def _item(price: Json, start: int, until: int) -> Json:
    return {
        "id": new_id("si"),
        "object": "subscription_item",
        "current_period_end": until,
        "current_period_start": start,
        "metadata": {},
        "price": price,
        "quantity": 1,
    }
