"""Facts as records of one fact each, which are joined with what is known already."""

from chalicelib.video.payments.facts import (
    DisputeClosed,
    DisputeOpened,
    OfOrder,
    OfPayment,
    Paid,
    Refunded,
    RenewalFailed,
    SubscriptionState,
)
from chalicelib.video.payments.record import Dispute, OrderFacts, PaymentFacts, PaymentRecord, SubscriptionFacts


def record_of(fact: OfOrder) -> PaymentRecord:
    """Return the record of one fact of an order."""
    match fact:
        case Paid():
            payment = PaymentFacts(since=fact.since, until=fact.until, amount=fact.amount)
            facts = OrderFacts(payments={fact.payment: payment})
        case SubscriptionState():
            state = SubscriptionFacts(state=(fact.at, fact.reading, not fact.renews), ended_at=fact.ended_at)
            facts = OrderFacts(subscriptions={fact.subscription: state})
        case RenewalFailed():
            facts = OrderFacts(failed_since=fact.since)
    return PaymentRecord(orders={fact.order: facts})


def record_of_payment(order: str, payment: str, fact: OfPayment) -> PaymentRecord:
    """Return the record of one fact of a payment, which belongs to an order."""
    match fact:
        case Refunded():
            facts = PaymentFacts(refunded_at=fact.at if fact.full else None)
        case DisputeOpened():
            facts = PaymentFacts(disputes={fact.dispute: Dispute(opened_at=fact.at)})
        case DisputeClosed():
            facts = PaymentFacts(disputes={fact.dispute: Dispute(closed=(fact.at, fact.won))})
    return PaymentRecord(orders={order: OrderFacts(payments={payment: facts})})
