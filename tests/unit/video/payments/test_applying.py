"""Applying events with fakes: other writers in between, and the same second twice."""

import threading

import msgspec
import pytest
from chalicelib.video.entitlements.model import Entitlement
from chalicelib.video.errors import UnusableEvent
from chalicelib.video.payments.applying import PaymentEvents
from chalicelib.video.payments.facts import Paid, Refunded, SubscriptionState
from chalicelib.video.payments.model import Order
from chalicelib.video.payments.payment_record_table import RecordsAndEntitlements
from chalicelib.video.payments.ports import PaymentEvent, PaymentOfOrder, StoredRecord
from chalicelib.video.payments.record import OrderFacts, PaymentRecord
from moto import mock_aws

from common.errors import Busy
from tests.unit.aws import aws_client

ORDER = Order(
    id="0" * 28,
    owner="alice",
    what="premium",
    title="A month",
    amount=990,
    currency="eur",
    created_at=1,
    plan="month",
)


class Orders(dict[str, Order]):
    """An OrderStore as far as it is needed."""


class Records:
    """A RecordStore in memory; `before_saving` is what others do in between."""

    def __init__(self) -> None:
        self.stored = StoredRecord(PaymentRecord(), 0)
        self.entitlement: Entitlement | None = None
        self.before_saving = lambda: None
        self._lock = threading.Lock()

    def get(self, owner, what):
        return self.stored

    def save(self, owner, what, stored, record, entitlement):
        self.before_saving()
        with self._lock:
            if stored.version != self.stored.version:
                return False
            self.stored, self.entitlement = StoredRecord(record, stored.version + 1), entitlement
            return True


class Provider:
    """A PaymentProvider as far as it is needed."""

    def __init__(self) -> None:
        self.is_renewing = True
        self.readings = 0

    def renews(self, subscription):
        self.readings += 1
        return self.is_renewing

    def find_payment(self, reference):
        return PaymentOfOrder(ORDER.id, reference) if reference.startswith("payment") else None


@pytest.fixture
def records():
    return Records()


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def events(records, provider):
    return PaymentEvents(
        orders=Orders({ORDER.id: ORDER}), records=records, provider=provider, grace_days=3, sleep=lambda _: None
    )


def paid(number: int = 1) -> PaymentEvent:
    fact = Paid(
        order=ORDER.id, payment=f"payment-{number}", amount=990, currency="eur", since=number * 100, until=number * 200
    )
    return PaymentEvent(f"evt_{number}", fact)


def state(at: int, renews: bool) -> PaymentEvent:
    return PaymentEvent("evt", SubscriptionState(order=ORDER.id, subscription="sub", at=at, renews=renews))


def test_what_another_instance_has_written_in_between_is_kept(events, records):
    def other() -> None:
        records.before_saving = lambda: None
        events.apply(paid(2))

    records.before_saving = other
    events.apply(paid(1))
    assert records.stored.record.orders[ORDER.id].payments.keys() == {"payment-1", "payment-2"}
    assert records.entitlement.valid_until == 400


def test_events_at_the_same_time_are_all_kept(events, records):
    threads = [threading.Thread(target=events.apply, args=(paid(number),)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records.stored.record.orders[ORDER.id].payments) == 8


def test_who_is_always_overtaken_gives_up_for_now(events, records):
    def other() -> None:
        records.stored = StoredRecord(PaymentRecord(), records.stored.version + 1)

    records.before_saving = other
    with pytest.raises(Busy):
        events.apply(paid())


def test_a_repeated_event_writes_nothing(events, records):
    events.apply(paid())
    version = records.stored.version
    events.apply(paid())
    assert records.stored.version == version


def test_two_states_of_one_second_are_settled_by_the_provider_once(events, records, provider):
    events.apply(state(5, renews=True))
    assert provider.readings == 0
    provider.is_renewing = False
    events.apply(state(5, renews=False))
    assert provider.readings == 1
    provider.is_renewing = True
    events.apply(state(5, renews=True))
    (subscription,) = records.stored.record.orders[ORDER.id].subscriptions.values()
    assert subscription.renews
    events.apply(state(6, renews=False))
    (subscription,) = records.stored.record.orders[ORDER.id].subscriptions.values()
    assert (subscription.renews, provider.readings) == (False, 2)


def test_an_event_without_a_fact_changes_nothing(events, records):
    events.apply(PaymentEvent("evt_1", None))
    assert records.stored.version == 0


@pytest.mark.parametrize(
    "fact",
    [
        Refunded(reference="", at=1, full=True),
        Refunded(reference="unknown", at=1, full=True),
        msgspec.structs.replace(paid().fact, order=""),
        msgspec.structs.replace(paid().fact, order="1" * 28),
        msgspec.structs.replace(paid().fact, amount=989),
        msgspec.structs.replace(paid().fact, currency="EUR"),
        msgspec.structs.replace(paid().fact, until=None),
    ],
)
def test_what_does_not_match_the_order_is_unusable(events, records, fact):
    with pytest.raises(UnusableEvent):
        events.apply(PaymentEvent("evt_1", fact))
    assert records.stored.version == 0


def test_the_table_refuses_to_write_over_what_it_has_not_read():
    with mock_aws():
        client = aws_client("dynamodb", "us-east-1")
        for name in ("records", "entitlements"):
            keys = [("owner", "HASH"), ("what", "RANGE")]
            client.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
                KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
            )
        table = RecordsAndEntitlements(lambda: client, "records", "entitlements")
        right = Entitlement(owner="alice", what="premium", valid_from=1, valid_until=2, source="0")
        empty, record = table.get("alice", "premium"), PaymentRecord(orders={"0": OrderFacts(failed_since=1)})
        assert table.save("alice", "premium", empty, record, right)
        first = table.get("alice", "premium")
        assert first == StoredRecord(record, 1)
        assert not table.save("alice", "premium", empty, PaymentRecord(), None)
        assert table.save("alice", "premium", first, PaymentRecord(), None)
        assert not table.save("alice", "premium", first, record, right)
        assert table.get("alice", "premium") == StoredRecord(PaymentRecord(), 2)
