"""What the events of Stripe say that matter here, by the objects in them.

Checked against the classes of Stripe's Python library 16.1, whose forms are those of API_VERSION. Fields that are not
needed are ignored.
"""

from collections.abc import Callable

import msgspec
from chalicelib.video.payments.facts import (
    DisputeClosed,
    DisputeOpened,
    Fact,
    Paid,
    Refunded,
    RenewalFailed,
    SubscriptionState,
)

_RENEWING = ("active", "trialing", "past_due")
# An inquiry, whose status begins with `warning`, takes no money: https://docs.stripe.com/disputes/how-disputes-work
_TAKEN_BACK = ("needs_response", "under_review", "lost")


class _Metadata(msgspec.Struct):
    order: str = ""


class _Session(msgspec.Struct):
    """https://docs.stripe.com/api/checkout/sessions/object"""

    mode: str
    payment_status: str
    amount_total: int | None
    currency: str | None
    payment_intent: str | None = None
    metadata: _Metadata | None = None


class _SubscriptionDetails(msgspec.Struct):
    metadata: _Metadata | None = None


class _InvoiceParent(msgspec.Struct):
    subscription_details: _SubscriptionDetails | None = None


class _Period(msgspec.Struct):
    start: int
    end: int


class _Proration(msgspec.Struct):
    proration: bool = False


class _LineParent(msgspec.Struct):
    subscription_item_details: _Proration | None = None


class _Line(msgspec.Struct):
    """https://docs.stripe.com/api/invoice-line-item/object"""

    amount: int
    currency: str
    period: _Period
    parent: _LineParent | None = None


class _Lines(msgspec.Struct):
    data: list[_Line]


class _Invoice(msgspec.Struct):
    """https://docs.stripe.com/api/invoices/object"""

    id: str
    lines: _Lines
    parent: _InvoiceParent | None = None

    @property
    def order(self) -> str:
        """The order in the metadata of the subscription."""
        details = self.parent.subscription_details if self.parent else None
        return details.metadata.order if details and details.metadata else ""


class _Charge(msgspec.Struct):
    """https://docs.stripe.com/api/charges/object"""

    payment_intent: str | None
    refunded: bool


class _Dispute(msgspec.Struct):
    """https://docs.stripe.com/api/disputes/object"""

    id: str
    status: str
    payment_intent: str | None = None


class _Subscription(msgspec.Struct):
    """https://docs.stripe.com/api/subscriptions/object"""

    id: str
    status: str
    cancel_at_period_end: bool
    cancel_at: int | None = None
    ended_at: int | None = None
    metadata: _Metadata | None = None


def _session(raw: bytes, at: int) -> Fact | None:
    """A purchase is paid at once, or later by a method such as a bank transfer. Subscriptions have invoices."""
    session = msgspec.json.decode(raw, type=_Session)
    if session.mode != "payment" or session.payment_status != "paid":
        return None
    return Paid(
        order=_order(session.metadata),
        payment=session.payment_intent or "",
        amount=session.amount_total or 0,
        currency=session.currency or "",
        since=at,
    )


def _paid_invoice(raw: bytes, at: int) -> Fact:
    """The invoice of a period: one line has its price, others may credit what is left of an earlier period."""
    invoice = msgspec.json.decode(raw, type=_Invoice)
    lines = [line for line in invoice.lines.data if _is_period(line)]
    if len(lines) != 1:
        raise msgspec.ValidationError(f"the invoice is for {len(lines)} periods")
    (line,) = lines
    return Paid(
        order=invoice.order,
        payment=invoice.id,
        amount=line.amount,
        currency=line.currency,
        since=line.period.start,
        until=line.period.end,
    )


def _is_period(line: _Line) -> bool:
    details = line.parent.subscription_item_details if line.parent else None
    return details is not None and not details.proration


def _failed_invoice(raw: bytes, at: int) -> Fact:
    return RenewalFailed(order=msgspec.json.decode(raw, type=_Invoice).order, at=at)


def _refund(raw: bytes, at: int) -> Fact:
    charge = msgspec.json.decode(raw, type=_Charge)
    return Refunded(reference=charge.payment_intent or "", at=at, full=charge.refunded)


def _open_dispute(raw: bytes, at: int) -> Fact | None:
    dispute = msgspec.json.decode(raw, type=_Dispute)
    if dispute.status not in _TAKEN_BACK:
        return None
    return DisputeOpened(reference=dispute.payment_intent or "", dispute=dispute.id, at=at)


def _closed_dispute(raw: bytes, at: int) -> Fact:
    dispute = msgspec.json.decode(raw, type=_Dispute)
    reference = dispute.payment_intent or ""
    return DisputeClosed(reference=reference, dispute=dispute.id, at=at, won=dispute.status != "lost")


def _subscription(raw: bytes, at: int) -> Fact:
    subscription = msgspec.json.decode(raw, type=_Subscription)
    is_cancelled = subscription.cancel_at_period_end or subscription.cancel_at is not None
    return SubscriptionState(
        order=_order(subscription.metadata),
        subscription=subscription.id,
        at=at,
        renews=subscription.status in _RENEWING and not is_cancelled,
        ended_at=subscription.ended_at,
    )


def _order(metadata: _Metadata | None) -> str:
    return metadata.order if metadata else ""


READERS: dict[str, Callable[[bytes, int], Fact | None]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "invoice.paid": _paid_invoice,
    "invoice.payment_failed": _failed_invoice,
    "charge.refunded": _refund,
    "charge.dispute.created": _open_dispute,
    "charge.dispute.funds_withdrawn": _open_dispute,
    "charge.dispute.closed": _closed_dispute,
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
}
