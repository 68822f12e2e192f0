"""Events: https://docs.stripe.com/api/events/object"""

import copy
from typing import Any

from local_payments import API_VERSION
from local_payments.account import Account, Json, new_id


def emit(account: Account, kind: str, thing: Json, **previous: Any) -> Json:
    """Record an event about an object as it is now, and a delivery to each webhook that asks for events of its kind."""
    data: Json = {"object": copy.deepcopy(thing)}
    if previous:
        data["previous_attributes"] = previous
    event: Json = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": account.now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    account.events.append(event)
    for endpoint in account.all("webhook_endpoint", status="enabled"):
        if {"*", kind} & set(endpoint["enabled_events"]):
            event["pending_webhooks"] += 1
            deliver(account, event, endpoint)
    return event


def deliver(account: Account, event: Json, endpoint: Json, at: float = 0.0) -> None:
    """Let an event be sent to a webhook at a time, or at once."""
    account.deliveries.append(
        {"event": event["id"], "endpoint": endpoint["id"], "attempts": 0, "due": at or account.now(), "answer": None}
    )
