"""A bounce or complaint ends the mails to its address."""

import json
from typing import Any

import pytest
from chalicelib.blog.subscribers.model import subscriber_id

from tests.unit.blog.stage import Stage

ADDRESS = "reader@example.com"


def bounce(kind: str = "Permanent", address: str = ADDRESS) -> str:
    recipients = [{"emailAddress": address, "status": "5.1.1"}]
    return json.dumps({"eventType": "Bounce", "bounce": {"bounceType": kind, "bouncedRecipients": recipients}})


def complaint() -> str:
    recipients = [{"emailAddress": ADDRESS}]
    return json.dumps({"eventType": "Complaint", "complaint": {"complainedRecipients": recipients}})


def deliver(blog: Stage, message: str) -> None:
    blog.module.suppress(blog.client.events.generate_sns_event(message), None)


def known(blog: Stage) -> Any:
    return blog.composition.subscriptions._store.get(subscriber_id(ADDRESS))


@pytest.fixture
def subscribed(blog: Stage) -> Stage:
    assert blog.read("POST", "/subscribers", {"address": ADDRESS}).status == 202
    return blog


@pytest.mark.parametrize("message", [bounce(), complaint(), bounce(address=ADDRESS.upper())])
def test_an_address_that_bounced_or_complained_stays_suppressed(subscribed: Stage, message: str):
    for _ in range(2):
        deliver(subscribed, message)
        assert known(subscribed).state == "suppressed"
    assert subscribed.read("POST", "/subscribers", {"address": ADDRESS}).status == 202
    assert (known(subscribed).state, known(subscribed).round) == ("suppressed", 1)


@pytest.mark.parametrize(
    "message",
    [
        bounce("Transient"),
        bounce(address="other@example.com"),
        "Successfully validated",
        "{}",
        "[]",
        '{"eventType": 1}',
    ],
)
def test_other_messages_change_nothing(subscribed: Stage, message: str):
    deliver(subscribed, message)
    assert known(subscribed).state == "pending"
