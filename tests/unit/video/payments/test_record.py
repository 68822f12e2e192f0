"""Facts in any order, and repeated, lead to one record and one entitlement."""

import itertools

import pytest
from chalicelib.video.payments.fact_records import record_of, record_of_payment
from chalicelib.video.payments.facts import (
    DisputeClosed,
    DisputeOpened,
    OfPayment,
    Paid,
    Refunded,
    RenewalFailed,
    SubscriptionState,
)
from chalicelib.video.payments.record import PaymentRecord
from chalicelib.video.payments.rights import entitlement
from hypothesis import given, settings
from hypothesis import strategies as st

DAY = 86_400
GRACE = 3
ORDERS = ("order-a", "order-b")
times = st.integers(0, 40).map(lambda days: days * DAY)
orders = st.sampled_from(ORDERS)
payments = st.sampled_from(("payment-1", "payment-2", "payment-3"))
disputes = st.sampled_from(("dispute-1", "dispute-2"))


@st.composite
def periods(draw):
    since = draw(times)
    return Paid(
        order=draw(orders),
        payment=draw(payments),
        amount=draw(st.sampled_from((990, 9900))),
        currency="eur",
        since=since,
        until=draw(st.one_of(st.none(), st.just(since + 30 * DAY))),
    )


facts = st.one_of(
    periods(),
    st.builds(Refunded, reference=payments, at=times, full=st.booleans()),
    st.builds(DisputeOpened, reference=payments, dispute=disputes, at=times),
    st.builds(DisputeClosed, reference=payments, dispute=disputes, at=times, won=st.booleans()),
    st.builds(
        SubscriptionState,
        order=orders,
        subscription=st.just("subscription"),
        at=times,
        renews=st.booleans(),
        ended_at=st.one_of(st.none(), times),
        reading=st.integers(0, 2),
    ),
    st.builds(RenewalFailed, order=orders, since=times),
)


def record(fact):
    return record_of_payment("order-a", fact.reference, fact) if isinstance(fact, OfPayment) else record_of(fact)


def merged(all_facts):
    result = PaymentRecord()
    for fact in all_facts:
        result = result.joined(record(fact))
    return result


def right(*all_facts):
    """(from, until) of the entitlement, in days; None if there is none."""
    found = entitlement("alice", "premium", merged(all_facts), GRACE)
    if found is None:
        return None
    return found.valid_from / DAY, None if found.valid_until is None else found.valid_until / DAY


@settings(max_examples=500)
@given(st.lists(facts, max_size=8).flatmap(lambda chosen: st.tuples(st.just(chosen), st.permutations(chosen + chosen))))
def test_the_order_and_number_of_the_same_facts_do_not_matter(chosen):
    once, shuffled_twice = chosen
    assert merged(once) == merged(shuffled_twice)
    assert right(*once) == right(*shuffled_twice)


@given(st.lists(facts, max_size=4), st.lists(facts, max_size=4), st.lists(facts, max_size=4))
def test_records_are_joined_in_any_grouping(one, two, three):
    a, b, c = merged(one), merged(two), merged(three)
    assert a.joined(b).joined(c) == a.joined(b.joined(c))
    assert a.joined(b) == b.joined(a)
    assert a.joined(a) == a


def paid(since=0, until=30, payment="payment-1", order="order-a"):
    end = None if until is None else until * DAY
    return Paid(order=order, payment=payment, amount=990, currency="eur", since=since * DAY, until=end)


def state(at=0, renews=True, ended_at=None, order="order-a"):
    end = None if ended_at is None else ended_at * DAY
    return SubscriptionState(order=order, subscription=f"of-{order}", at=at * DAY, renews=renews, ended_at=end)


def refunded(at, full=True, payment="payment-1"):
    return Refunded(reference=payment, at=at * DAY, full=full)


def opened(at, dispute="dispute-1"):
    return DisputeOpened(reference="payment-1", dispute=dispute, at=at * DAY)


def closed(at, won, dispute="dispute-1"):
    return DisputeClosed(reference="payment-1", dispute=dispute, at=at * DAY, won=won)


bought = paid(until=None)
CASES = {
    "nothing": ([], None),
    "bought": ([bought], (0, None)),
    "bought and refunded": ([bought, refunded(5)], (0, 5)),
    "bought and refunded in part": ([bought, refunded(5, full=False)], (0, None)),
    "refunded in part, then in full": ([bought, refunded(5, full=False), refunded(6)], (0, 6)),
    "disputed": ([bought, opened(5)], (0, 5)),
    "dispute won": ([bought, opened(5), closed(9, won=True)], (0, None)),
    "dispute lost": ([bought, opened(5), closed(9, won=False)], (0, 5)),
    "one dispute won, another open": ([bought, opened(5), closed(9, won=True), opened(7, "dispute-2")], (0, 7)),
    "bought twice, one refunded": ([bought, paid(2, None, "payment-2", "order-b"), refunded(5)], (0, None)),
    "refund of what was never paid": ([refunded(5)], None),
    "subscribed": ([paid(), state()], (0, 30 + GRACE)),
    "paid, but the subscription is not known yet": ([paid()], (0, 30)),
    "subscription known, but not paid yet": ([state()], None),
    "renewed": ([paid(), state(), paid(30, 60, "payment-2")], (0, 60 + GRACE)),
    "renewal failed": ([paid(), state(), RenewalFailed(order="order-a", since=30 * DAY)], (0, 30 + GRACE)),
    "cancelled": ([paid(), state(), state(5, renews=False)], (0, 30)),
    "cancelled and resumed": ([paid(), state(), state(5, renews=False), state(6)], (0, 30 + GRACE)),
    "cancelled and resumed in one second": ([paid(), state(5, renews=False), state(5)], (0, 30)),
    "ended with its period": ([paid(), state(5, renews=False), state(30, renews=False, ended_at=30)], (0, 30)),
    "ended at once": ([paid(), state(), state(7, renews=False, ended_at=7)], (0, 7)),
    "ended after the grace period": ([paid(), state(), state(40, renews=False, ended_at=40)], (0, 30)),
    "an older state after the end": ([paid(), state(7, renews=False, ended_at=7), state(8)], (0, 7)),
    "last period refunded": ([paid(), state(), paid(30, 60, "payment-2"), refunded(31, payment="payment-2")], (0, 31)),
    "first period refunded": ([paid(), state(), paid(30, 60, "payment-2"), refunded(31)], (0, 60 + GRACE)),
    "upgraded": ([paid(), state(), paid(10, 375, "payment-2")], (0, 375 + GRACE)),
    "upgraded, and that refunded": (
        [paid(), state(), paid(10, 375, "payment-2"), refunded(12, payment="payment-2")],
        (0, 30),
    ),
    "two subscriptions": (
        [paid(), state(), paid(10, 40, "payment-2", "order-b"), state(10, order="order-b")],
        (0, 40 + GRACE),
    ),
    "two subscriptions, the longer one ended": (
        [
            *(paid(), state(), paid(10, 40, "payment-2", "order-b"), state(10, order="order-b")),
            state(12, renews=False, ended_at=12, order="order-b"),
        ],
        (0, 30 + GRACE),
    ),
    "lapsed and subscribed again": ([paid(), paid(50, 80, "payment-2", "order-b")], (50, 80)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_entitlement_follows_from_the_facts_in_any_order(case):
    of_case, expected = CASES[case]
    for permuted in itertools.permutations(of_case):
        assert right(*permuted) == expected
        assert right(*permuted, *permuted) == expected


def test_the_order_that_lasts_longest_is_the_source():
    record_of_two = merged([paid(), paid(10, 40, "payment-2", "order-b")])
    found = entitlement("alice", "premium", record_of_two, GRACE)
    assert (found.owner, found.what, found.source) == ("alice", "premium", "order-b")
