"""Buying, over HTTP, with the local payment provider and moto."""

import pytest

from tests.unit.video.shop import Shop
from tests.unit.video.stage import PUBLIC_URL, Stage

DAY = 86_400


@pytest.fixture
def shop(video_app: Stage) -> Shop:
    return video_app.shop


def entitlements(video_app: Stage, user: str = "alice"):
    return video_app.call("GET", "/entitlements", user=user).json["entitlements"]


def status(video_app: Stage, order: str, user: str = "alice") -> str:
    return video_app.call("GET", f"/orders/{order}", user=user).json["status"]


def test_a_video_that_was_paid_can_be_watched_for_ever(video_app, shop):
    video = video_app.add("The Tide Mill", amount=490)
    order = shop.order(videoId=video.id)
    assert status(video_app, order) == "unpaid"
    assert video_app.play(video).status == 403
    session = shop.session(order)
    assert (session["amount_total"], session["currency"], session["mode"]) == (490, "eur", "payment")
    assert session["success_url"].startswith(f"{PUBLIC_URL}/?order={order}")
    shop.pay(order)
    assert video_app.play(video).status == 403
    shop.deliver()
    (entitlement,) = entitlements(video_app)
    assert (entitlement["kind"], entitlement["videoId"], entitlement["validUntil"]) == ("video", video.id, None)
    assert video_app.play(video).status == 201
    assert status(video_app, order) == "paid"
    assert entitlements(video_app, "bob") == []


def test_a_subscription_covers_its_period_and_the_days_of_grace(video_app, shop):
    shop.account.settings["period_seconds"] = 30 * DAY
    order = shop.buy(plan="month")
    subscription = video_app.call("GET", "/subscription").json
    assert (subscription["orderId"], subscription["plan"], subscription["renews"]) == (order, "month", True)
    item = shop.account.objects[shop.subscription(order)]["items"]["data"][0]
    (stored,) = video_app.items("entitlements")
    assert f'"valid_until":{item["current_period_end"] + 3 * DAY}' in stored["data"]["S"]
    assert status(video_app, order) == "paid"


def test_a_renewal_a_cancellation_and_the_end(video_app, shop):
    order = shop.buy(plan="month")
    shop.act("renew", shop.subscription(order))
    shop.deliver()
    assert video_app.call("POST", "/subscription/cancellation").json["renews"] is False
    shop.deliver()
    assert status(video_app, order) == "cancelled"
    shop.act("renew", shop.subscription(order))
    shop.deliver()
    assert status(video_app, order) == "ended"
    assert video_app.call("GET", "/subscription").status == 404
    assert entitlements(video_app)[0]["valid"] is False


def test_a_cancellation_can_be_taken_back_even_in_the_same_second(video_app, shop):
    order = shop.buy(plan="month")
    before = entitlements(video_app)
    video_app.call("POST", "/subscription/cancellation")
    shop.deliver()
    assert entitlements(video_app)[0]["validUntil"] < before[0]["validUntil"]
    assert video_app.call("DELETE", "/subscription/cancellation").json["renews"] is True
    # Both events may be of the same second: then the provider is asked.
    shop.deliver()
    assert status(video_app, order) == "paid"
    assert entitlements(video_app) == before


def test_a_failed_renewal_leaves_the_days_of_grace(video_app, shop):
    order = shop.buy(plan="month")
    before = entitlements(video_app)
    shop.act("fail", shop.subscription(order))
    shop.deliver()
    assert status(video_app, order) == "overdue"
    assert entitlements(video_app) == before
    shop.act("renew", shop.subscription(order))
    shop.deliver()
    assert status(video_app, order) == "paid"
    assert entitlements(video_app)[0]["validUntil"] > before[0]["validUntil"]


def test_a_month_changes_to_a_year(video_app, shop):
    order = shop.buy(plan="month")
    assert video_app.call("POST", "/subscription/upgrade").json["plan"] == "year"
    shop.deliver()
    assert shop.letters() == []
    subscription = video_app.call("GET", "/subscription").json
    assert subscription["plan"] == "year"
    assert video_app.call("POST", "/subscription/upgrade").status == 409
    # The credit for the month makes the payment smaller.
    newest = shop.account.objects[shop.payments(order)[0]]
    assert newest["amount"] < 9900


def test_a_bill_names_no_period_that_a_change_of_plan_would_make_wrong(video_app, shop):
    shop.buy(plan="month")
    assert [product["name"] for product in shop.account.all("product")] == ["All videos"]


def test_a_change_of_plan_that_is_asked_for_twice_is_charged_once(video_app, shop):
    order = shop.buy(plan="month")
    for _ in range(2):
        assert video_app.call("POST", "/subscription/upgrade").status == 200
    assert len(shop.payments(order)) == 2
    shop.deliver()
    assert shop.letters() == []


def test_a_declined_change_of_plan_changes_nothing_and_can_be_repeated(video_app, shop):
    order = shop.buy(plan="month")
    shop.act("decline", shop.subscription(order))
    answer = video_app.call("POST", "/subscription/upgrade")
    assert (answer.status, answer.json["type"].rpartition(":")[2]) == (402, "payment-declined")
    assert video_app.call("GET", "/subscription").json["plan"] == "month"
    shop.act("accept", shop.subscription(order))
    assert video_app.call("POST", "/subscription/upgrade").status == 200


@pytest.mark.parametrize("body", [{"plan": "month"}, {"videoId": None}], ids=["subscription", "video"])
def test_a_refund_in_full_ends_the_right_and_one_in_part_does_not(video_app, shop, body):
    if "videoId" in body:
        body = {"videoId": video_app.add().id}
    order = shop.buy(**body)
    (payment,) = shop.payments(order)
    shop.act("refund", payment, amount="100")
    shop.deliver()
    assert entitlements(video_app)[0]["valid"] is True
    shop.act("refund", payment)
    shop.deliver()
    assert entitlements(video_app)[0]["valid"] is False
    assert status(video_app, order) == "ended"


def test_a_dispute_suspends_and_its_outcome_decides(video_app, shop):
    order = shop.buy(plan="month")
    dispute = shop.act("dispute", shop.payments(order)[0])
    shop.deliver()
    assert entitlements(video_app)[0]["valid"] is False
    shop.act("win", dispute["id"])
    shop.deliver()
    assert entitlements(video_app)[0]["valid"] is True


def test_an_inquiry_changes_nothing(video_app, shop):
    order = shop.buy(plan="month")
    shop.act("inquire", shop.payments(order)[0])
    shop.deliver()
    assert entitlements(video_app)[0]["valid"] is True


def test_events_that_arrive_late_and_twice_lead_to_the_same_state(video_app, shop):
    order = shop.order(plan="month")
    shop.pay(order)
    shop.act("renew", shop.subscription(order))
    shop.act("refund", shop.payments(order)[0])
    shop.act("end", shop.subscription(order))
    events = shop.new_events()
    shop.deliver(events)
    expected = video_app.items("entitlements")
    assert expected
    for table in ("entitlements", "payment_records"):
        video_app.delete_all(table)
    for event in reversed(events):
        for _ in range(2):
            assert shop.post(event).status == 200
            assert shop.apply(shop.queued()) == []
    assert video_app.items("entitlements") == expected


def test_the_same_key_makes_one_order(video_app, shop):
    first = video_app.call("POST", "/checkout", {"plan": "month"}, Idempotency_Key="k1")
    again = video_app.call("POST", "/checkout", {"plan": "month"}, Idempotency_Key="k1")
    assert first.json == again.json
    assert first.headers["location"] == first.json["orderUrl"]
    other = video_app.call("POST", "/checkout", {"plan": "year"}, Idempotency_Key="k1")
    assert (other.status, other.json["type"].rpartition(":")[2]) == (422, "idempotency-key-reused")
    assert video_app.call("POST", "/checkout", {"plan": "month"}, "bob", Idempotency_Key="k1").json != first.json


@pytest.mark.parametrize(
    "body", [{}, {"plan": "month", "videoId": "0" * 28}, {"plan": "week"}, {"plan": "month", "amount": 1}]
)
def test_a_checkout_names_one_thing_and_no_price(video_app, body):
    assert video_app.call("POST", "/checkout", body).status == 422


def test_what_is_paid_already_is_not_sold_twice(video_app, shop):
    video = video_app.add()
    shop.buy(videoId=video.id)
    shop.buy(plan="month")
    for body in ({"videoId": video.id}, {"plan": "month"}, {"plan": "year"}):
        assert video_app.call("POST", "/checkout", body).status == 409
    assert video_app.call("POST", "/checkout", {"videoId": video_app.add().id}).status == 201


def test_two_orders_that_were_both_paid_are_both_kept(video_app, shop):
    video = video_app.add()
    orders = [shop.order(videoId=video.id) for _ in range(2)]
    for order in orders:
        shop.pay(order)
    shop.deliver()
    shop.act("refund", shop.payments(orders[0])[0])
    shop.deliver()
    assert [status(video_app, order) for order in orders] == ["ended", "paid"]
    assert entitlements(video_app)[0]["valid"] is True


def test_a_video_that_is_not_there_is_not_sold(video_app):
    assert video_app.call("POST", "/checkout", {"videoId": "0" * 28}).status == 404
    hidden = video_app.add(status="uploading")
    assert video_app.call("POST", "/checkout", {"videoId": hidden.id}).status == 404


def test_cancelling_ends_every_subscription_and_resuming_one(video_app, shop):
    orders = [shop.order(plan=plan) for plan in ("month", "year")]
    for order in orders:
        shop.pay(order)
    shop.deliver()
    assert video_app.call("GET", "/subscription").json["orderId"] == max(orders)
    assert video_app.call("POST", "/subscription/cancellation").json["renews"] is False
    shop.deliver()
    assert [status(video_app, order) for order in orders] == ["cancelled", "cancelled"]
    video_app.call("DELETE", "/subscription/cancellation")
    shop.deliver()
    assert sorted(status(video_app, order) for order in orders) == ["cancelled", "paid"]
    assert video_app.call("GET", "/subscription").json["renews"] is True


def test_a_subscription_that_has_just_ended_cannot_be_changed(video_app, shop):
    order = shop.buy(plan="month")
    shop.act("end", shop.subscription(order))
    for method, path in (("POST", "cancellation"), ("DELETE", "cancellation"), ("POST", "upgrade")):
        answer = video_app.call(method, f"/subscription/{path}")
        assert (answer.status, answer.json["type"].rpartition(":")[2]) == (404, "subscription-not-found")


def test_while_the_provider_does_not_answer_nothing_is_sold(video_app, shop):
    with shop.down():
        answer = video_app.call("POST", "/checkout", {"plan": "month"}, Idempotency_Key="k")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert video_app.call("POST", "/checkout", {"plan": "month"}, Idempotency_Key="k").status == 201


def test_before_the_provider_is_connected_nothing_is_sold(video_app, shop):
    with shop.unconnected():
        answer = video_app.call("POST", "/checkout", {"plan": "month"})
        assert (answer.status, answer.json["detail"]) == (503, "The payment provider is not connected yet.")
        assert shop.send(b"{}", **{"Stripe-Signature": "t=1,v1=" + "0" * 64}).status == 400


def test_an_order_is_its_owners(video_app, shop):
    order = shop.buy(plan="month")
    assert video_app.call("GET", f"/orders/{order}", user="bob").status == 404
    for method, path in (("GET", "/subscription"), ("POST", "/subscription/cancellation")):
        assert video_app.call(method, path, user="bob").status == 404


def test_everybody_sees_the_prices(video_app):
    plans = video_app.call("GET", "/plans", user=None).json
    assert [(plan["plan"], plan["amount"], plan["currency"]) for plan in plans] == [
        ("month", 990, "eur"),
        ("year", 9900, "eur"),
    ]
