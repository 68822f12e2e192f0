"""Events that are not what they should be: refused before the queue, or given up after it with a reason."""

import json
from typing import Any

import pytest

from common.http.bodies import MAX_BYTES
from common.runtime.logs import JsonLines
from local_payments.sender import signature_header
from tests.unit.video.shop import Shop
from tests.unit.video.stage import Stage


@pytest.fixture
def shop(video_app: Stage) -> Shop:
    return video_app.shop


@pytest.fixture
def paid(video_app: Stage, shop: Shop) -> dict[str, Any]:
    """The event of a purchase that is paid; it has not arrived yet."""
    order = shop.order(videoId=video_app.add(amount=490).id)
    shop.pay(order)
    return next(event for event in shop.new_events() if event["type"] == "checkout.session.completed")


def changed(event: dict[str, Any], **fields: Any) -> dict[str, Any]:
    copy = json.loads(json.dumps(event))
    copy["data"]["object"].update(fields)
    return copy


def body(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def assert_refused(shop: Shop, answer: Any, status: int, problem: str) -> None:
    assert answer.status == status, answer.body
    assert answer.json["type"].rpartition(":")[2] == problem
    assert shop.queued() == []


UNSIGNED = {
    "without a signature": lambda shop, event: shop.send(body(event)),
    "empty signature": lambda shop, event: shop.send(body(event), **{"Stripe-Signature": ""}),
    "another secret": lambda shop, event: shop.post(event, secret="whsec_of_somebody_else"),
    "replayed after the tolerance": lambda shop, event: shop.post(event, at=shop.account.now() - 301),
    "from the future": lambda shop, event: shop.post(event, at=shop.account.now() + 330),
    "changed amount": lambda shop, event: shop.send(
        body(changed(event, amount_total=1)),
        **{"Stripe-Signature": signature_header(body(event), shop.secret, shop.account.now())},
    ),
    "one more space": lambda shop, event: shop.send(
        body(event) + b" ",
        **{"Stripe-Signature": signature_header(body(event), shop.secret, shop.account.now())},
    ),
    "not UTF-8, not signed": lambda shop, event: shop.send(b"\xff\xfe"),
}


@pytest.mark.parametrize("case", UNSIGNED)
def test_an_event_that_is_not_signed_here_and_now_is_refused(shop, paid, case):
    assert_refused(shop, UNSIGNED[case](shop, paid), 400, "invalid-signature")


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_another_content_type_is_refused(shop, paid, content_type):
    assert_refused(shop, shop.post(paid, **{"Content-Type": content_type}), 415, "unsupported-media-type")


def test_a_huge_event_is_refused_before_its_signature_is_checked(shop):
    huge = b'{"id": "' + b"x" * MAX_BYTES + b'"}'
    assert_refused(shop, shop.post(huge), 413, "body-too-large")


SIGNED_NONSENSE = [b"", b"null", b"[]", b"{}", b'{"id": "evt_1"}', b'{"id": "a b", "type": "x"}', b'{"id": 1}', b"x"]
SIGNED_NONSENSE.append(b'{"id": "evt_1", "type": "invoice.paid", "created": "now", "data": {"object": {}}}')
SIGNED_NONSENSE.append(b'{"id": "evt/1", "type": "invoice.paid", "created": 1, "data": {"object": {}}}')


@pytest.mark.parametrize("nonsense", SIGNED_NONSENSE)
def test_a_signed_body_that_is_no_event_is_refused(shop, nonsense):
    assert_refused(shop, shop.post(nonsense), 400, "malformed-body")


def test_a_signed_event_of_another_type_is_acknowledged_and_dropped(shop, paid):
    assert shop.post({**paid, "type": "customer.created"}).status == 200
    assert shop.queued() == []


def test_while_a_secret_is_replaced_both_are_accepted(video_app, shop, paid):
    old = shop.secret
    video_app.operator.webhook.connect(shop.webhook_url, "sk_test_unit", renew=True)
    video_app.read_secret_again()
    assert old != shop.secret
    assert [shop.post(paid, secret=secret).status for secret in (old, shop.secret)] == [200, 200]
    video_app.operator.webhook.connect(shop.webhook_url, "sk_test_unit", renew=True)
    video_app.read_secret_again()
    assert shop.post(paid, secret=old).status == 400


def test_the_events_of_one_order_are_one_group_and_a_repetition_is_dropped(shop):
    order = shop.order(plan="month")
    shop.pay(order)
    events = [event for event in shop.new_events() if event["type"] != "charge.succeeded"]
    for event in [*events, *events]:
        assert shop.post(event).status == 200
    records = shop.queued()
    assert len(records) == len({record["attributes"]["MessageDeduplicationId"] for record in records}) == 3
    assert len({record["attributes"]["MessageGroupId"] for record in records}) == 1


OTHER_ORDER = {"metadata": {"order": "0" * 28}}
MISMATCHES = {
    "smaller amount": ({"amount_total": 1}, "paid 1, which is no price of the order"),
    "larger amount": ({"amount_total": 491}, "paid 491, which is no price of the order"),
    "other currency": ({"currency": "usd"}, "paid in usd, not in eur"),
    "unknown order": (OTHER_ORDER, "there is no such order"),
    "no order": ({"metadata": {}}, "there is no such order"),
    "no metadata": ({"metadata": None}, "there is no such order"),
    "no amount": ({"amount_total": None}, "paid 0, which is no price of the order"),
}


@pytest.mark.parametrize("case", MISMATCHES)
def test_a_signed_event_that_does_not_match_its_order_gives_no_right(video_app, shop, paid, case):
    fields, reason = MISMATCHES[case]
    assert shop.deliver([changed(paid, **fields)]) == []
    assert video_app.items("entitlements") == []
    (letter,) = shop.letters()
    assert letter["reason"] == f"{paid['id']}: {reason}"
    assert json.loads(letter["body"])["id"] == paid["id"]


def test_an_idempotency_item_is_no_order(video_app, shop, paid):
    video = video_app.add(amount=490)
    assert video_app.call("POST", "/checkout", {"videoId": video.id}, Idempotency_Key="k").status == 201
    assert shop.deliver([changed(paid, metadata={"order": "idempotency#alice#k"})]) == []
    assert video_app.items("entitlements") == []
    assert len(shop.letters()) == 1


def test_a_payment_that_is_only_promised_gives_no_right_until_it_arrives(video_app, shop, paid):
    # https://docs.stripe.com/payments/checkout/fulfill-orders: such as a bank transfer.
    shop.deliver([changed(paid, payment_status="unpaid")])
    assert video_app.items("entitlements") == []
    shop.deliver([{**paid, "id": "evt_later", "type": "checkout.session.async_payment_succeeded"}])
    assert len(video_app.items("entitlements")) == 1
    assert shop.letters() == []


def test_a_purchase_cannot_be_paid_by_the_invoice_of_a_subscription(video_app, shop, paid):
    shop.buy("bob", plan="month")
    order = paid["data"]["object"]["metadata"]["order"]
    invoice = next(event for event in shop.account.events if event["type"] == "invoice.paid")
    stolen = json.loads(json.dumps(invoice))
    stolen["data"]["object"]["parent"]["subscription_details"]["metadata"]["order"] = order
    stolen["data"]["object"]["lines"]["data"][0]["amount"] = 490
    shop.deliver([{**stolen, "id": "evt_stolen"}])
    (letter,) = shop.letters()
    assert "a purchase has no period" in letter["reason"]


def test_a_refund_of_somebody_elses_payment_becomes_a_dead_letter(shop, paid):
    refund = {**paid, "id": "evt_other", "type": "charge.refunded"}
    charge = {"id": "ch_1", "payment_intent": "pi_unknown", "refunded": True}
    shop.deliver([{**refund, "data": {"object": charge}}])
    assert [letter["reason"] for letter in shop.letters()] == ["evt_other: the payment is of no order"]


def test_a_signed_event_of_another_form_becomes_a_dead_letter(shop, paid):
    shop.deliver([changed(paid, amount_total="490")])
    (letter,) = shop.letters()
    assert letter["reason"].startswith("MalformedEvent: checkout.session.completed: Expected `int | null`")


@pytest.mark.parametrize("thing", ["text", [], {"parent": "text"}, {"metadata": ["text"]}, {"id": {}}])
def test_a_signed_event_about_something_of_another_form_is_acknowledged(shop, paid, thing):
    event = {**paid, "data": {"object": thing}}
    assert shop.post(event).status == 200
    assert len(shop.queued()) == 1
    assert shop.post({**event, "type": "unknown"}).status == 200
    assert len(shop.queued()) == 0


def test_while_the_provider_does_not_answer_the_later_events_of_the_group_wait(video_app, shop):
    order = shop.order(plan="month")
    shop.pay(order)
    shop.deliver()
    shop.act("refund", shop.payments(order)[0])
    refund = next(event for event in shop.new_events() if event["type"] == "charge.refunded")
    assert shop.post(refund).status == 200
    records = shop.queued()
    first = {**records[0], "messageId": "first", "body": records[0]["body"].replace('"pi_', '"down_')}
    second = {**records[0], "messageId": "second"}
    other = {**records[0], "messageId": "other", "attributes": {"MessageGroupId": "another"}}
    with shop.down():
        assert shop.apply([first, second]) == ["first", "second"]
    assert shop.apply([second, other]) == []
    assert video_app.call("GET", "/entitlements").json["entitlements"][0]["valid"] is False


def test_no_secret_and_no_signature_is_logged(shop, paid, caplog):
    shop.post(paid)
    shop.post(paid, secret="whsec_of_somebody_else")
    shop.apply(shop.queued())
    logged = "".join(JsonLines().format(line) for line in caplog.records)
    assert "/webhooks/payments" in logged
    for private in ("whsec", "v1=", "sk_test", "cs_test"):
        assert private not in logged
