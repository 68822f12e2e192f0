"""Payments: PaymentIntents and their charges, refunds and disputes."""

from typing import Any

from local_payments.account import Account, Json, listed
from local_payments.events import emit


class Declined(Exception):
    """The payment was declined."""


class NotAllowed(Exception):
    """The object is not in a state in which this is possible."""


def pay(account: Account, amount: int, currency: str, customer: str | None, metadata: Json) -> Json:
    """Make a payment that succeeds, with its charge."""
    intent = account.add(
        "pi",
        "payment_intent",
        amount=amount,
        amount_received=amount,
        currency=currency,
        customer=customer,
        latest_charge=None,
        metadata=dict(metadata),
        status="succeeded",
    )
    charge = _charge(account, intent)
    intent["latest_charge"] = charge["id"]
    emit(account, "payment_intent.succeeded", intent)
    emit(account, "charge.succeeded", charge)
    return intent


def _charge(account: Account, intent: Json) -> Json:
    return account.add(
        "ch",
        "charge",
        amount=intent["amount"],
        amount_captured=intent["amount"],
        amount_refunded=0,
        captured=True,
        currency=intent["currency"],
        customer=intent["customer"],
        disputed=False,
        metadata=dict(intent["metadata"]),
        paid=True,
        payment_intent=intent["id"],
        refunded=False,
        status="succeeded",
    )


def refund(account: Account, intent_id: str, amount: int | None = None) -> Json:
    """Pay back a part, or what is left: https://docs.stripe.com/api/refunds/create

    Raises
    ------
    NoSuchObject
    NotAllowed
        More than what is left.
    """
    charge = charge_of(account, intent_id)
    left = charge["amount"] - charge["amount_refunded"]
    value = left if amount is None else amount
    if not 0 < value <= left:
        raise NotAllowed(f"Refund amount ({value}) is greater than unrefunded amount on charge ({left})")
    made = account.add(
        "re",
        "refund",
        amount=value,
        charge=charge["id"],
        currency=charge["currency"],
        metadata={},
        payment_intent=intent_id,
        status="succeeded",
    )
    charge["amount_refunded"] += value
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    emit(account, "charge.refunded", charge)
    return made


def open_dispute(account: Account, intent_id: str, status: str = "needs_response") -> Json:
    """Let the payer's bank dispute a payment; `warning_needs_response` is an inquiry, which takes no money."""
    charge = charge_of(account, intent_id)
    dispute = account.add(
        "du",
        "dispute",
        amount=charge["amount"],
        charge=charge["id"],
        currency=charge["currency"],
        metadata={},
        payment_intent=intent_id,
        reason="fraudulent",
        status=status,
    )
    charge["disputed"] = True
    emit(account, "charge.dispute.created", dispute)
    if status == "needs_response":
        emit(account, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(account: Account, dispute_id: str, status: str) -> Json:
    """Decide a dispute: `won`, `lost` or `warning_closed`."""
    dispute = account.get(dispute_id, "dispute")
    if dispute["status"] in ("won", "lost", "warning_closed"):
        raise NotAllowed("The dispute is closed.")
    dispute["status"] = status
    emit(account, "charge.dispute.closed", dispute)
    if status == "won":
        emit(account, "charge.dispute.funds_reinstated", dispute)
    return dispute


def charge_of(account: Account, intent_id: str) -> Json:
    """Return the charge of a payment."""
    intent = account.get(intent_id, "payment_intent")
    return account.get(intent["latest_charge"], "charge")


def invoice_payments(account: Account, intent_id: str, expand: Any) -> Json:
    """Return what a payment has paid: https://docs.stripe.com/api/invoice-payment/list"""
    found = [dict(one) for one in account.all("invoice_payment") if one["payment"]["payment_intent"] == intent_id]
    if "data.invoice" in (expand or []):
        for one in found:
            one["invoice"] = account.get(one["invoice"], "invoice")
    return listed(found, "/v1/invoice_payments")
