"""Subscribing, confirming and unsubscribing, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from chalicelib.blog.subscribers.model import link_token, subscriber_id

from tests.unit.aws import aws_client
from tests.unit.blog.stage import Stage

ADDRESS = "reader@example.com"
BAD_ADDRESSES = {
    "no at": "reader",
    "two at": "a@b@example.com",
    "no domain": "a@",
    "no dot": "a@localhost",
    "line feed": "a@example.com\nBcc: b@example.com",
    "carriage return": "a\r@example.com",
    "a space": "a b@example.com",
    "markup": "<b>@example.com",
    "quoted": '"a b"@example.com',
    "a name": "Reader <reader@example.com>",
    "two addresses": "a@example.com,b@example.com",
    "cyrillic a in the domain": "reader@ex\u0430mple.com",
    "cyrillic a in the name": "re\u0430der@example.com",
    "full-width": "reader\uff20example.com",
    "long name": "a" * 65 + "@example.com",
    "long domain": "a@" + "b" * 64 + ".com",
    "long in all": "a@" + ".".join(["b" * 60] * 5) + ".com",
    "one too long": "a" * 60 + "@" + ".".join(["b" * 62] * 3) + ".comms",
    "white space only": " ",
    "another control character": f"{ADDRESS}\x0b",
    "dots": "a..b@example.com",
    "dot in front": ".a@example.com",
    "hyphen in front": "a@-example.com",
    "address of a network": "a@[127.0.0.1]",
    "empty": "",
}


def subscribe(blog: Stage, address: str = ADDRESS, **headers: str) -> Any:
    return blog.read("POST", "/subscribers", {"address": address}, **headers)


def subscriber(blog: Stage, address: str = ADDRESS) -> Any:
    return blog.composition.subscriptions._store.get(subscriber_id(address))


def token(blog: Stage, address: str = ADDRESS) -> str:
    return link_token(subscriber(blog, address))


def state(blog: Stage) -> str:
    return str(subscriber(blog).state)


def leave(blog: Stage, left: str) -> None:
    """Bring a subscriber to a state by requests and events; `unknown` and `pending` need none."""
    if left == "suppressed":
        blog.composition.subscriptions.suppress(ADDRESS)
    elif left in ("confirmed", "unsubscribed"):
        verb = "confirm" if left == "confirmed" else "unsubscribe"
        assert blog.read("POST", f"/subscribers/{verb}?token={token(blog)}").status == 200


@pytest.mark.parametrize("case", BAD_ADDRESSES)
def test_an_invalid_address_is_refused_with_its_field(blog: Stage, case: str):
    refused = subscribe(blog, BAD_ADDRESSES[case])
    assert (refused.status, refused.field) == (422, "address")
    assert blog.partitions("subscribers") == set()


@pytest.mark.parametrize(
    "address", ["a+b@example.co.uk", "o'neil@example.com", "A.B@Example.COM", "a@xn--bcher-kva.example"]
)
def test_unusual_addresses_are_accepted(blog: Stage, address: str):
    assert subscribe(blog, address).status == 202
    assert subscriber(blog, address).address == address


@pytest.mark.parametrize("around", [" {}", "{} ", "\t{}\r\n", "\xa0{}\xa0"])
def test_white_space_around_an_address_is_removed(blog: Stage, around: str):
    assert subscribe(blog, around.format(ADDRESS)).status == 202
    assert subscriber(blog).address == ADDRESS
    assert blog.read("POST", "/subscribers", urlencode({"address": around.format(ADDRESS)})).status == 202
    assert subscriber(blog).round == 1


def test_a_program_that_subscribes_gets_json_and_a_browser_a_page(blog: Stage):
    program, browser = subscribe(blog, Accept="application/json"), subscribe(blog, Accept="text/html,*/*")
    assert (program.status, program.headers["content-type"]) == (202, "application/json")
    assert "on its way" in program.json["message"]
    assert (browser.status, browser.headers["content-type"]) == (202, "text/html; charset=utf-8")


def test_the_response_does_not_show_whether_an_address_is_known(blog: Stage):
    first = subscribe(blog)
    again = subscribe(blog, ADDRESS.upper())
    assert (first.status, first.body, first.headers) == (again.status, again.body, again.headers)
    assert subscriber(blog).round == 1


@pytest.fixture
def calls(blog: Stage):
    """The API's calls of DynamoDB: the operation, and the kind of item."""
    noted: list[tuple[str, str]] = []

    def note(params: Any, model: Any, **_: Any) -> None:
        key = params.get("Key") or params["Item"]
        noted.append((model.name, key["pk"]["S"].partition("#")[0]))

    events = blog.composition.subscriptions._store._client().meta.events
    events.register("provide-client-params.dynamodb", note)
    yield noted
    events.unregister("provide-client-params.dynamodb", note)


@pytest.mark.parametrize("known", ["unknown", "pending", "waiting", "confirmed", "unsubscribed", "suppressed", "often"])
def test_the_same_calls_are_made_for_known_and_new_addresses(blog: Stage, calls: Any, known: str):
    if known != "unknown":
        subscribe(blog)
        leave(blog, known)
    if known == "often":
        for _ in range(3):
            subscribe(blog)
    if known == "waiting":
        old = subscriber(blog)
        changed = msgspec.structs.replace(old, subscribed_at="2026-01-01T00:00:00.000Z")
        assert blog.composition.subscriptions._store.put(old, changed)
    calls.clear()
    assert subscribe(blog).status == 202
    counted = ("UpdateItem", "count")
    read, written = ("GetItem", "subscriber"), ("UpdateItem", "subscriber")
    assert calls == [("GetItem", "home"), counted, counted, read, counted, written]
    assert subscriber(blog).state == {"confirmed": "confirmed", "suppressed": "suppressed"}.get(known, "pending")


def test_requests_that_send_no_mail_do_not_count_as_mails(blog: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blog.composition.subscriptions, "_an_hour", 100)
    for _ in range(4):
        subscribe(blog)
    leave(blog, "unsubscribed")
    for expected in (2, 3):
        subscribe(blog)
        assert subscriber(blog).round == expected
        leave(blog, "unsubscribed")


def test_writing_a_subscriber_keeps_the_other_attributes_of_its_item(blog: Stage):
    subscribe(blog)
    key = {"pk": {"S": f"subscriber#{subscriber_id(ADDRESS)}"}, "sk": {"S": "subscriber"}}
    item = {**aws_client("dynamodb").get_item(TableName="subscribers", Key=key)["Item"], "asked": {"S": "once"}}
    aws_client("dynamodb").put_item(TableName="subscribers", Item=item)
    subscribe(blog)
    # Unchanged, it is no record of the stream.
    assert aws_client("dynamodb").get_item(TableName="subscribers", Key=key)["Item"] == item


def test_a_form_subscribes_as_json_does(blog: Stage):
    assert blog.read("POST", "/subscribers", "address=reader%40example.com").status == 202
    assert state(blog) == "pending"
    page = blog.read("POST", "/subscribers", "address=nobody", Accept="text/html")
    assert page.status == 422
    assert page.headers["content-type"].startswith("text/html")


def test_following_a_link_changes_nothing_and_its_button_confirms(blog: Stage):
    subscribe(blog)
    page = blog.read("GET", f"/subscribers/confirm?token={token(blog)}")
    assert page.status == 200
    assert token(blog).encode() in page.body
    assert state(blog) == "pending"
    for _ in range(2):
        assert blog.read("POST", "/subscribers/confirm", f"token={token(blog)}").status == 200
        assert state(blog) == "confirmed"


def test_one_click_of_a_mail_program_unsubscribes(blog: Stage):
    subscribe(blog)
    url = f"/subscribers/unsubscribe?token={token(blog)}"
    assert blog.read("GET", url).status == 200
    assert state(blog) == "pending"
    for _ in range(2):
        assert blog.read("POST", url, "List-Unsubscribe=One-Click").status == 200
        assert state(blog) == "unsubscribed"


def test_links_work_with_parameters_that_mail_programs_add(blog: Stage):
    subscribe(blog)
    added = "utm_source=mail&utm_medium=email&fbclid=1&fbclid=2"
    for verb, body, expected in (
        ("confirm", "", "confirmed"),
        ("unsubscribe", "List-Unsubscribe=One-Click", "unsubscribed"),
    ):
        for url in (f"/subscribers/{verb}?{added}&token={token(blog)}", f"/subscribers/{verb}?token={token(blog)}&x"):
            assert blog.read("GET", url).status == 200
        assert blog.read("POST", f"/subscribers/{verb}?{added}&token={token(blog)}", body).status == 200
        assert state(blog) == expected


@pytest.mark.parametrize("left", ["unsubscribed", "suppressed"])
def test_a_subscription_that_has_ended_cannot_be_confirmed(blog: Stage, left: str):
    subscribe(blog)
    url = f"/subscribers/confirm?token={token(blog)}"
    leave(blog, left)
    for method in ("GET", "POST"):
        assert blog.read(method, url).status == 404
        assert state(blog) == left


def test_one_click_may_come_as_form_data(blog: Stage):
    subscribe(blog)
    body = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x"
    url = f"/subscribers/unsubscribe?token={token(blog)}"
    assert blog.read("POST", url, body, Content_Type=kind).status == 200
    assert state(blog) == "unsubscribed"


@pytest.mark.parametrize("verb", ["confirm", "unsubscribe"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_token_is_not_found(blog: Stage, method: str, verb: str):
    subscribe(blog)
    identifier = token(blog).partition(".")[0]
    for made_up in (f"{identifier}.{'0' * 32}", f"{'0' * 32}.{'0' * 32}"):
        assert blog.read(method, f"/subscribers/{verb}?token={made_up}").status == 404
    assert blog.read(method, f"/subscribers/{verb}").status == 404
    assert blog.read(method, f"/subscribers/{verb}?token=x").status == 400
    assert state(blog) == "pending"


def test_an_unsubscribed_address_that_subscribes_again_gets_new_links(blog: Stage):
    subscribe(blog)
    old = token(blog)
    blog.read("POST", f"/subscribers/unsubscribe?token={old}")
    subscribe(blog)
    assert (state(blog), subscriber(blog).round) == ("pending", 2)
    assert blog.read("POST", f"/subscribers/confirm?token={old}").status == 404


def test_an_address_can_be_mailed_three_times_a_day(blog: Stage):
    for expected in (1, 2, 3, 3, 3):
        assert subscribe(blog, X_Forwarded_For=f"203.0.113.{expected}, 198.51.100.1").status == 202
        assert subscriber(blog).round == expected
        blog.read("POST", f"/subscribers/unsubscribe?token={token(blog)}")


def test_a_viewer_is_limited_and_others_behind_the_same_edge_are_not(blog: Stage):
    flood = [subscribe(blog, f"r{n}@example.com", X_Forwarded_For="203.0.113.9, 198.51.100.1") for n in range(7)]
    assert [response.status for response in flood] == [202] * 5 + [429] * 2
    assert 1 <= int(flood[-1].headers["retry-after"]) <= 3600
    assert subscribe(blog, X_Forwarded_For="203.0.113.10, 198.51.100.1").status == 202
    # What a client writes in front of what the edge appended does not count.
    assert subscribe(blog, X_Forwarded_For="1.2.3.4, 203.0.113.9, 198.51.100.1").status == 429


def test_the_limit_ends_after_an_hour(blog: Stage):
    for number in range(6):
        last = subscribe(blog, f"r{number}@example.com")
    assert last.status == 429
    blog.composition.subscriptions._now = lambda: datetime.now(UTC) + timedelta(hours=1)
    try:
        assert subscribe(blog).status == 202
    finally:
        blog.composition.subscriptions._now = lambda: datetime.now(UTC)


def test_counters_expire(blog: Stage):
    subscribe(blog)
    items = aws_client("dynamodb").scan(TableName="subscribers")["Items"]
    counters = [item for item in items if item["pk"]["S"].startswith("count#")]
    assert len(counters) == 3
    assert all("expiresAt" in item for item in counters)
