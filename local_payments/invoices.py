"""Invoices of subscriptions: https://docs.stripe.com/api/invoices/object"""

from local_payments.account import Account, Json, listed, new_id
from local_payments.events import emit
from local_payments.payments import pay


def pay_invoice(account: Account, invoice: Json) -> Json:
    """Pay an invoice."""
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


def draft(account: Account, subscription: Json, lines: list[Json], reason: str) -> Json:
    """Make an invoice that is not paid yet."""
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


def period_line(subscription: Json) -> Json:
    """Write the line for the whole current period."""
    item = item_of(subscription)
    start, until = item["current_period_start"], item["current_period_end"]
    return line_of(subscription, item["price"]["unit_amount"], start, until, proration=False)


def line_of(subscription: Json, amount: int, start: int, until: int, *, proration: bool) -> Json:
    """Write a line for a time; a proration is for a part of a period."""
    item = item_of(subscription)
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


def item_of(subscription: Json) -> Json:
    """Return the only item of a subscription, which has its price and its current period."""
    item: Json = subscription["items"]["data"][0]
    return item
