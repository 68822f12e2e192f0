"""What is read from Stripe's events, beyond what the local provider sends."""

import json

import pytest
from chalicelib.video.errors import MalformedEvent
from chalicelib.video.payments.facts import Paid, SubscriptionState
from chalicelib.video.payments.stripe_events import StripeEvents


def fact(kind, thing, created=100):
    event = {"id": "evt_1", "object": "event", "type": kind, "created": created, "data": {"object": thing}}
    return StripeEvents.read(json.dumps(event).encode()).fact


def line(amount, *, proration=False, parent="subscription_item_details", start=100, end=200):
    details = {parent: {"proration": proration}}
    return {"amount": amount, "currency": "eur", "period": {"start": start, "end": end}, "parent": details}


def invoice(*lines):
    details = {"metadata": {"order": "o1"}, "subscription": "sub_1"}
    parent = {"type": "subscription_details", "subscription_details": details}
    return {"id": "in_1", "object": "invoice", "lines": {"data": list(lines)}, "parent": parent}


PERIOD = Paid(order="o1", payment="in_1", amount=990, currency="eur", since=100, until=200)


@pytest.mark.parametrize(
    "lines",
    [
        [line(990)],
        [line(-400, proration=True), line(990)],
        # With the billing mode `flexible`, credits are invoice items: https://docs.stripe.com/billing/subscriptions/billing-mode
        [line(-400, proration=True, parent="invoice_item_details"), line(990)],
    ],
)
def test_an_invoice_is_for_the_period_of_the_line_that_is_no_credit(lines):
    assert fact("invoice.paid", invoice(*lines)) == PERIOD


def test_an_invoice_of_credits_alone_says_nothing():
    assert fact("invoice.paid", invoice(line(-400, proration=True), line(400, proration=True))) is None
    assert fact("invoice.payment_failed", invoice(line(400, proration=True))) is None


def test_an_invoice_for_two_periods_is_refused():
    with pytest.raises(MalformedEvent, match="2 periods"):
        fact("invoice.paid", invoice(line(990), line(990)))


def test_an_invoice_without_a_subscription_has_no_order():
    assert fact("invoice.paid", {**invoice(line(990)), "parent": None}).order == ""


RENEWS = {"active": True, "trialing": True, "past_due": True, "unpaid": False, "paused": False, "incomplete": False}


@pytest.mark.parametrize("status", RENEWS)
def test_a_subscription_renews_by_its_status(status):
    thing = {"id": "sub_1", "status": status, "cancel_at_period_end": False, "metadata": {"order": "o1"}}
    expected = SubscriptionState(order="o1", subscription="sub_1", at=100, renews=RENEWS[status])
    assert fact("customer.subscription.updated", thing) == expected


@pytest.mark.parametrize("cancelled", [{"cancel_at_period_end": True}, {"cancel_at": 999}])
def test_a_subscription_that_will_be_cancelled_does_not_renew(cancelled):
    thing = {"id": "sub_1", "status": "active", "cancel_at_period_end": False, **cancelled}
    assert fact("customer.subscription.updated", thing).renews is False


@pytest.mark.parametrize(
    ("status", "is_won"), [("won", True), ("warning_closed", True), ("prevented", True), ("lost", False)]
)
def test_only_a_lost_dispute_takes_the_payment(status, is_won):
    assert fact("charge.dispute.closed", {"id": "du_1", "status": status, "payment_intent": "pi_1"}).won is is_won


@pytest.mark.parametrize("status", ["warning_needs_response", "warning_under_review", "prevented"])
def test_a_dispute_that_takes_no_money_is_none(status):
    assert fact("charge.dispute.created", {"id": "du_1", "status": status, "payment_intent": "pi_1"}) is None


def test_a_session_without_payment_says_nothing():
    session = {"mode": "payment", "payment_status": "no_payment_required", "amount_total": 0, "currency": "eur"}
    assert fact("checkout.session.completed", session) is None
    assert fact("checkout.session.completed", {**session, "mode": "subscription", "payment_status": "paid"}) is None


def test_an_event_of_another_type_says_nothing():
    assert fact("customer.created", {"id": "cus_1"}) is None
