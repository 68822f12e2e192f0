"""Subscriptions and their invoices: https://docs.stripe.com/billing/subscriptions/overview"""

from typing import Any

from local_payments.account import Account, Json, listed, new_id
from local_payments.events import emit
from local_payments.payments import Declined, NotAllowed, pay
from local_payments.periods import period_end


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
    _invoice(account, subscription, [_period_line(subscription)], "subscription_create")
    return subscription


def renew(account: Account, subscription_id: str) -> Json:
    """End the period: charge the next one, or end the subscription if it was cancelled."""
    subscription = _running(account, subscription_id)
    if subscription["cancel_at_period_end"]:
        return end(account, subscription_id, at=_item_of(subscription)["current_period_end"])
    if subscription["status"] == "active":
        _next_period(account, subscription)
    if account.get(subscription["customer"], "customer")["declines"]:
        return _fail(account, subscription)
    _update(account, subscription, status="active")
    _invoice(account, subscription, [_period_line(subscription)], "subscription_cycle")
    return subscription


def fail(account: Account, subscription_id: str) -> Json:
    """End the period, and decline the payment of the next one."""
    subscription = _running(account, subscription_id)
    if subscription["status"] == "active":
        _next_period(account, subscription)
    return _fail(account, subscription)


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


def make_price(account: Account, data: Json) -> Json:
    """Make a price, and its product unless it is named."""
    product = data.get("product") or account.add("prod", "product", name=data["product_data"]["name"])["id"]
    recurring = data.get("recurring")
    return account.add(
        "price",
        "price",
        currency=data["currency"],
        product=product,
        recurring={"interval": recurring["interval"], "interval_count": 1} if recurring else None,
        type="recurring" if recurring else "one_time",
        unit_amount=int(data["unit_amount"]),
    )


def _change_price(account: Account, subscription: Json, price_data: Json) -> None:
    """Begin a new period now, with a credit for what is left of the current one."""
    if account.get(subscription["customer"], "customer")["declines"]:
        raise Declined("Your card was declined.")
    now, old = account.now(), _item_of(subscription)
    start, until = old["current_period_start"], old["current_period_end"]
    credit = old["price"]["unit_amount"] * max(0, until - now) // max(1, until - start)
    credit_line = _line(subscription, -min(credit, old["price"]["unit_amount"]), now, until, proration=True)
    price = make_price(account, price_data)
    interval = price["recurring"]["interval"]
    old.update(price=price, current_period_start=now, current_period_end=period_end(account, now, interval))
    _update(account, subscription, billing_cycle_anchor=now)
    _invoice(account, subscription, [credit_line, _period_line(subscription)], "subscription_update")


def _running(account: Account, subscription_id: str) -> Json:
    subscription = account.get(subscription_id, "subscription")
    if subscription["status"] == "canceled":
        raise NotAllowed("A canceled subscription can only update its cancellation_details and metadata.")
    return subscription


def _next_period(account: Account, subscription: Json) -> None:
    item = _item_of(subscription)
    start = item["current_period_end"]
    until = period_end(account, start, item["price"]["recurring"]["interval"])
    item.update(current_period_start=start, current_period_end=until)


def _fail(account: Account, subscription: Json) -> Json:
    _update(account, subscription, status="past_due")
    invoice = _draft(account, subscription, [_period_line(subscription)], "subscription_cycle")
    emit(account, "invoice.payment_failed", invoice)
    return subscription


def _update(account: Account, subscription: Json, **fields: Any) -> None:
    previous = {name: subscription[name] for name in fields if subscription[name] != fields[name]}
    subscription.update(fields)
    emit(account, "customer.subscription.updated", subscription, **previous)


def _invoice(account: Account, subscription: Json, lines: list[Json], reason: str) -> Json:
    """Make an invoice that is paid."""
    invoice = _draft(account, subscription, lines, reason)
    intent = pay(account, invoice["total"], invoice["currency"], invoice["customer"], {})
    payment = account.add(
        "inpay",
        "invoice_payment",
        amount_paid=invoice["total"],
        amount_requested=invoice["total"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"type": "payment_intent", "payment_intent": intent["id"]},
        status="paid",
    )
    invoice.update(amount_paid=invoice["total"], amount_remaining=0, status="paid")
    emit(account, "invoice.paid", invoice)
    emit(account, "invoice_payment.paid", payment)
    return invoice


def _draft(account: Account, subscription: Json, lines: list[Json], reason: str) -> Json:
    total = max(0, sum(line["amount"] for line in lines))
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    invoice = account.add(
        "in",
        "invoice",
        amount_due=total,
        amount_paid=0,
        amount_remaining=total,
        billing_reason=reason,
        currency=subscription["currency"],
        customer=subscription["customer"],
        lines=listed(lines, "/v1/invoices/lines"),
        metadata={},
        parent={"quote_details": None, "subscription_details": details, "type": "subscription_details"},
        status="open",
        total=total,
    )
    subscription["latest_invoice"] = invoice["id"]
    return invoice


def _period_line(subscription: Json) -> Json:
    item = _item_of(subscription)
    start, until = item["current_period_start"], item["current_period_end"]
    return _line(subscription, item["price"]["unit_amount"], start, until, proration=False)


def _line(subscription: Json, amount: int, start: int, until: int, *, proration: bool) -> Json:
    item = _item_of(subscription)
    details = {"proration": proration, "subscription": subscription["id"], "subscription_item": item["id"]}
    price = item["price"]
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "livemode": False,
        "metadata": dict(subscription["metadata"]),
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        "period": {"start": start, "end": until},
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(price["unit_amount"]),
        },
        "quantity": 1,
    }


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


def _item_of(subscription: Json) -> Json:
    item: Json = subscription["items"]["data"][0]
    return item
