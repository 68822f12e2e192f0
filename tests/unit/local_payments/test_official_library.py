"""Stripe's own library works with the local provider, and accepts its events."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe

from local_aws.testing import wait_until
from local_payments import sessions
from local_payments.account import Account
from local_payments.server import PaymentServer

PRICE = {"currency": "eur", "unit_amount": 990, "product_data": {"name": "All videos"}}
MONTHLY = {**PRICE, "recurring": {"interval": "month"}}


class Inbox(HTTPServer):
    """A webhook that checks every event by the library, and answers with the statuses it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.events: list[stripe.Event] = []
        self.statuses: list[int] = []
        self.secret = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/events"

    def types(self) -> list[str]:
        return [event.type for event in self.events]


class _Receiver(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], self.server.secret)
        self.server.events.append(event)
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def inbox():
    server = Inbox()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def provider():
    server = PaymentServer(0, Account())
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()


@pytest.fixture
def client(provider):
    return stripe.StripeClient("sk_test_x", base_addresses={"api": provider.url})


def session(client, mode="payment", price=PRICE, **fields):
    data = {"subscription_data" if mode == "subscription" else "payment_intent_data": {"metadata": {"order": "o1"}}}
    parameters = {
        "mode": mode,
        "success_url": "https://shop.example/done",
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": {"order": "o1"},
        **data,
        **fields,
    }
    return client.v1.checkout.sessions.create(parameters)


def pay(provider, made):
    with provider.account.lock:
        return sessions.complete(provider.account, made.id)


def connect(client, inbox, *types):
    endpoint = client.v1.webhook_endpoints.create({"url": inbox.url, "enabled_events": list(types) or ["*"]})
    inbox.secret = endpoint.secret
    return endpoint


def test_a_session_is_made_paid_and_read(client, provider):
    made = session(client)
    assert (made.amount_total, made.currency, made.payment_status) == (990, "eur", "unpaid")
    assert made.url.startswith(f"{provider.url}/c/pay/cs_test_")
    pay(provider, made)
    read = client.v1.checkout.sessions.retrieve(made.id)
    assert (read.status, read.payment_status, read.url) == ("complete", "paid", None)
    assert client.v1.payment_intents.retrieve(read.payment_intent).metadata["order"] == "o1"


def test_events_are_signed_so_that_the_library_accepts_them(client, provider, inbox):
    connect(client, inbox)
    pay(provider, session(client))
    wait_until(lambda: "checkout.session.completed" in inbox.types(), "the event has arrived")
    assert inbox.types() == ["payment_intent.succeeded", "charge.succeeded", "checkout.session.completed"]


def test_a_subscription_is_cancelled_resumed_and_ended(client, provider):
    made = session(client, "subscription", MONTHLY)
    subscription = client.v1.subscriptions.retrieve(pay(provider, made)["subscription"])
    assert (subscription.status, subscription.metadata["order"]) == ("active", "o1")
    for cancels in (True, False):
        changed = client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": cancels})
        assert changed.cancel_at_period_end is cancels
    assert client.v1.subscriptions.cancel(subscription.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})


def test_the_invoice_of_a_payment_is_found(client, provider):
    pay(provider, session(client, "subscription", MONTHLY))
    intent = next(provider.account.all("payment_intent"))
    payments = client.v1.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": intent["id"]}, "expand": ["data.invoice"]}
    )
    invoice = payments.data[0].invoice
    assert invoice.parent.subscription_details.metadata["order"] == "o1"
    assert invoice.lines.data[0].parent.subscription_item_details.proration is False


def test_another_price_begins_a_period_and_credits_the_rest(client, provider, inbox):
    connect(client, inbox, "invoice.paid")
    subscription = client.v1.subscriptions.retrieve(
        pay(provider, session(client, "subscription", MONTHLY))["subscription"]
    )
    item = subscription["items"].data[0]
    yearly = {"currency": "eur", "unit_amount": 9900, "product": item.price.product, "recurring": {"interval": "year"}}
    changed = client.v1.subscriptions.update(
        subscription.id,
        {
            "items": [{"id": item.id, "price_data": yearly}],
            "proration_behavior": "always_invoice",
            "payment_behavior": "error_if_incomplete",
        },
    )
    assert changed["items"].data[0].current_period_end > item.current_period_end
    wait_until(lambda: len(inbox.events) == 2, "both invoices have arrived")
    invoice = inbox.events[1].data.object
    assert [line.parent.subscription_item_details.proration for line in invoice.lines.data] == [True, False]
    assert invoice.amount_paid == sum(line.amount for line in invoice.lines.data) < 9900


def test_refunds_are_limited_to_what_was_paid(client, provider):
    intent = pay(provider, session(client))["payment_intent"]
    client.v1.refunds.create({"payment_intent": intent, "amount": 90})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent, "amount": 901})
    client.v1.refunds.create({"payment_intent": intent})
    (charge,) = provider.account.all("charge")
    assert (charge["amount_refunded"], charge["refunded"]) == (990, True)


def test_an_event_that_is_not_acknowledged_is_sent_again(client, provider, inbox):
    connect(client, inbox, "checkout.session.completed")
    inbox.statuses = [500]
    pay(provider, session(client))
    wait_until(lambda: len(inbox.events) == 2, "the event has arrived twice")
    assert inbox.events[0].id == inbox.events[1].id


def test_the_same_idempotency_key_makes_one_session(client):
    def made(**fields):
        parameters = {"mode": "payment", "success_url": "https://shop.example", **fields}
        parameters["line_items"] = [{"quantity": 1, "price_data": PRICE}]
        return client.v1.checkout.sessions.create(parameters, {"idempotency_key": "k"})

    assert made().id == made().id
    with pytest.raises(stripe.IdempotencyError):
        made(cancel_url="https://shop.example/other")


def test_a_wrong_key_and_an_unknown_object_are_refused(provider, client):
    other = stripe.StripeClient("pk_test_x", base_addresses={"api": provider.url})
    with pytest.raises(stripe.AuthenticationError):
        other.v1.subscriptions.retrieve("sub_x")
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.subscriptions.retrieve("sub_x")
    assert error.value.http_status == 404


def test_everything_is_kept_in_a_file(tmp_path):
    first = Account(tmp_path / "account.json")
    made = first.add("cus", "customer")
    first.save()
    again = Account(tmp_path / "account.json")
    assert again.objects == {made["id"]: json.loads(json.dumps(made))}
