"""What the events of Stripe say that matter here, by the objects in them.

https://docs.stripe.com/api/events/types
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
from chalicelib.video.payments.stripe_objects import Charge, Dispute, Invoice, Line, Metadata, Session, Subscription

# An inquiry, whose status begins with `warning`, takes no money: https://docs.stripe.com/disputes/how-disputes-work
_TAKEN_BACK = ("needs_response", "under_review", "lost")


def _session(raw: bytes, at: int) -> Fact | None:
    """A purchase is paid at once, or later by a method such as a bank transfer. Subscriptions have invoices."""
    session = msgspec.json.decode(raw, type=Session)
    if session.mode != "payment" or session.payment_status != "paid":
        return None
    return Paid(
        order=_order(session.metadata),
        payment=session.payment_intent or "",
        amount=session.amount_total or 0,
        currency=session.currency or "",
        since=at,
    )


def _paid_invoice(raw: bytes, at: int) -> Fact | None:
    """The invoice of a period: one line has its price, others may credit what is left of an earlier period.

    An invoice of such credits alone says nothing.
    """
    invoice = msgspec.json.decode(raw, type=Invoice)
    lines = [line for line in invoice.lines.data if _is_period(line)]
    if not lines:
        return None
    if len(lines) > 1:
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


def _is_period(line: Line) -> bool:
    details = line.parent.subscription_item_details if line.parent else None
    return details is not None and not details.proration


def _failed_invoice(raw: bytes, at: int) -> Fact | None:
    invoice = msgspec.json.decode(raw, type=Invoice)
    starts = [line.period.start for line in invoice.lines.data if _is_period(line)]
    return RenewalFailed(order=invoice.order, since=max(starts)) if starts else None


def _refund(raw: bytes, at: int) -> Fact:
    charge = msgspec.json.decode(raw, type=Charge)
    return Refunded(reference=charge.payment_intent or "", at=at, full=charge.refunded)


def _open_dispute(raw: bytes, at: int) -> Fact | None:
    dispute = msgspec.json.decode(raw, type=Dispute)
    if dispute.status not in _TAKEN_BACK:
        return None
    return DisputeOpened(reference=dispute.payment_intent or "", dispute=dispute.id, at=at)


def _closed_dispute(raw: bytes, at: int) -> Fact:
    dispute = msgspec.json.decode(raw, type=Dispute)
    reference = dispute.payment_intent or ""
    return DisputeClosed(reference=reference, dispute=dispute.id, at=at, won=dispute.status != "lost")


def _subscription(raw: bytes, at: int) -> Fact:
    subscription = msgspec.json.decode(raw, type=Subscription)
    return SubscriptionState(
        order=_order(subscription.metadata),
        subscription=subscription.id,
        at=at,
        renews=subscription.renews,
        ended_at=subscription.ended_at,
    )


def _order(metadata: Metadata | None) -> str:
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
