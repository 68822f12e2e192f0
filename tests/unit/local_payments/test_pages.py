"""The pages that are clicked: paying, declining, and what the operator does."""

import re
import threading

import pytest
import requests

from local_payments import sessions
from local_payments.account import Account
from local_payments.server import PaymentServer

HTML = {"Accept": "text/html"}


@pytest.fixture
def provider():
    server = PaymentServer(0, Account())
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(provider):
    """The URL of a payment page."""
    price = {"currency": "eur", "unit_amount": "490", "product_data": {"name": "<b>The Tide Mill</b>"}}
    fields = {"mode": "payment", "line_items": [{"price_data": price}]}
    fields |= {"success_url": "http://shop.example/done", "cancel_url": "http://shop.example/"}
    return sessions.create(provider.account, fields, provider.url)["url"]


def forms(text: str) -> dict[str, str]:
    """The paths of a page's forms by their buttons."""
    return {label: path for path, label in re.findall(r"action='([^']+)'><button[^>]*>([^<]+)<", text)}


def test_the_page_shows_what_is_paid_and_has_no_field(page):
    text = requests.get(page).text
    assert "&lt;b&gt;The Tide Mill&lt;/b&gt;" in text
    assert "4.90 EUR" in text
    assert "simulation" in text
    assert "<input" not in text


def test_paying_leads_back_to_the_shop_once(page, provider):
    path = forms(requests.get(page).text)["Pay"]
    answer = requests.post(provider.url + path, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://shop.example/done")
    assert requests.post(provider.url + path, allow_redirects=False).status_code == 409
    assert len(list(provider.account.all("payment_intent"))) == 1


def test_a_declined_payment_can_be_tried_again(page, provider):
    answer = requests.post(provider.url + forms(requests.get(page).text)["Let the bank decline"])
    assert answer.status_code == 402
    assert "declined" in answer.text
    assert "Pay" in forms(answer.text)


def test_a_page_that_is_paid_says_so_and_leads_on(page, provider):
    requests.post(provider.url + forms(requests.get(page).text)["Pay"], allow_redirects=False)
    text = requests.get(page).text
    assert "This is paid." in text
    assert "http://shop.example/done" in text
    assert forms(text) == {}


def test_the_operator_sees_what_each_payment_and_subscription_is_for(page, provider):
    requests.post(provider.url + forms(requests.get(page).text)["Pay"], allow_redirects=False)
    price = {"currency": "eur", "unit_amount": "990", "product_data": {"name": "A month"}}
    line = {"price_data": {**price, "recurring": {"interval": "month"}}}
    fields = {"mode": "subscription", "line_items": [line], "success_url": "http://x"}
    sessions.complete(provider.account, sessions.create(provider.account, fields, "")["id"])
    text = requests.get(provider.url).text
    named = re.findall(r"<code>(pi|sub|cs_test)_\w+</code>(?:</a>)?<td>([^<]+)", text)
    film = "&lt;b&gt;The Tide Mill&lt;/b&gt;"
    assert sorted(named) == [
        ("cs_test", film),
        ("cs_test", "A month"),
        ("pi", film),
        ("pi", "A month"),
        ("sub", "A month"),
    ]


def test_the_operator_refunds_by_a_button(page, provider):
    requests.post(provider.url + forms(requests.get(page).text)["Pay"], allow_redirects=False)
    text = requests.get(provider.url).text
    answer = requests.post(provider.url + forms(text)["Refund"], headers=HTML)
    assert "refunded 4.90 EUR" in answer.text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
def test_pages_of_other_sites_cannot_act(page, provider, headers):
    assert requests.post(f"{page}/pay", headers=headers).status_code == 403
    assert requests.post(f"{provider.url}/operator/hold", headers=headers).status_code == 403
    assert list(provider.account.all("payment_intent")) == []


@pytest.mark.parametrize("path", ["/c/pay/cs_test_x", "/operator/refund/pi_x", "/operator/dance/pi_x", "/x"])
def test_what_is_not_there_is_404(provider, path):
    assert requests.post(provider.url + path).status_code == 404


def test_events_are_held_and_released_in_another_order_and_number(provider):
    provider.account.add("we", "webhook_endpoint", url="http://x", enabled_events=["*"], status="enabled", secret="s")
    requests.post(f"{provider.url}/operator/hold")
    assert provider.sender.held
    price = {"currency": "eur", "unit_amount": "490", "product_data": {"name": "x"}}
    fields = {"mode": "payment", "line_items": [{"price_data": price}], "success_url": "http://x"}
    sessions.complete(provider.account, sessions.create(provider.account, fields, "")["id"])
    made = [one["event"] for one in provider.account.deliveries]
    requests.post(f"{provider.url}/operator/release", json={"order": "reversed", "copies": 2})
    assert [one["event"] for one in provider.account.deliveries] == [event for event in made[::-1] for _ in range(2)]
