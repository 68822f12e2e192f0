"""The part of Stripe's API that this program has: https://docs.stripe.com/api"""

import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from local_payments import payments, sessions, subscriptions
from local_payments.account import Account, Json, listed

Handler = Callable[[Account, Json, str, str], Json]
_HANDLERS: list[tuple[str, re.Pattern[str], Handler]] = []


class Invalid(Exception):
    """A parameter is missing or not valid."""


def call(account: Account, method: str, path: str, fields: Json, base_url: str) -> Json | None:
    """Answer a request; None if there is no such resource. `base_url` is this program's own address."""
    for allowed, pattern, handler in _HANDLERS:
        if method == allowed and (match := pattern.fullmatch(path)):
            return handler(account, fields, (*match.groups(), "")[0], base_url)
    return None


def _on(method: str, path: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        _HANDLERS.append((method, re.compile(path), handler))
        return handler

    return register


@_on("POST", r"/v1/checkout/sessions")
def _create_session(account: Account, fields: Json, _: str, base_url: str) -> Json:
    return sessions.public(sessions.create(account, fields, base_url))


@_on("GET", r"/v1/checkout/sessions/(\w+)")
def _get_session(account: Account, fields: Json, name: str, base_url: str) -> Json:
    return sessions.public(account.get(name, "checkout.session"))


@_on("GET", r"/v1/subscriptions/(\w+)")
def _get_subscription(account: Account, fields: Json, name: str, base_url: str) -> Json:
    return account.get(name, "subscription")


@_on("POST", r"/v1/subscriptions/(\w+)")
def _update_subscription(account: Account, fields: Json, name: str, base_url: str) -> Json:
    return subscriptions.update(account, name, fields)


@_on("DELETE", r"/v1/subscriptions/(\w+)")
def _end_subscription(account: Account, fields: Json, name: str, base_url: str) -> Json:
    return subscriptions.end(account, name)


@_on("GET", r"/v1/payment_intents/(\w+)")
def _get_payment(account: Account, fields: Json, name: str, base_url: str) -> Json:
    return account.get(name, "payment_intent")


@_on("GET", r"/v1/invoices/(\w+)")
def _get_invoice(account: Account, fields: Json, name: str, base_url: str) -> Json:
    return account.get(name, "invoice")


@_on("GET", r"/v1/invoice_payments")
def _list_invoice_payments(account: Account, fields: Json, _: str, base_url: str) -> Json:
    return payments.invoice_payments(account, fields["payment"]["payment_intent"], fields.get("expand"))


@_on("POST", r"/v1/refunds")
def _refund(account: Account, fields: Json, _: str, base_url: str) -> Json:
    amount = fields.get("amount")
    return payments.refund(account, fields["payment_intent"], int(amount) if amount else None)


@_on("GET", r"/v1/events/(\w+)")
def _get_event(account: Account, fields: Json, name: str, base_url: str) -> Json:
    return next((one for one in account.events if one["id"] == name), None) or account.get(name, "event")


@_on("POST", r"/v1/webhook_endpoints")
def _create_webhook(account: Account, fields: Json, _: str, base_url: str) -> Json:
    """The secret is in this answer only: https://docs.stripe.com/api/webhook_endpoints/create"""
    url = fields["url"]
    if urlsplit(url).scheme not in ("http", "https"):
        raise Invalid("Invalid URL: An explicit scheme (such as https) must be provided.")
    endpoint = account.add(
        "we",
        "webhook_endpoint",
        api_version=fields.get("api_version"),
        enabled_events=fields["enabled_events"],
        metadata=fields.get("metadata", {}),
        secret=f"whsec_{secrets.token_urlsafe(24)}",
        status="enabled",
        url=url,
    )
    return dict(endpoint)


@_on("GET", r"/v1/webhook_endpoints")
def _list_webhooks(account: Account, fields: Json, _: str, base_url: str) -> Json:
    return listed([_without_secret(one) for one in account.all("webhook_endpoint")], "/v1/webhook_endpoints")


@_on("GET", r"/v1/webhook_endpoints/(\w+)")
def _get_webhook(account: Account, fields: Json, name: str, base_url: str) -> Json:
    return _without_secret(account.get(name, "webhook_endpoint"))


@_on("POST", r"/v1/webhook_endpoints/(\w+)")
def _update_webhook(account: Account, fields: Json, name: str, base_url: str) -> Json:
    endpoint = account.get(name, "webhook_endpoint")
    endpoint.update({key: fields[key] for key in ("enabled_events", "url") if key in fields})
    return _without_secret(endpoint)


@_on("DELETE", r"/v1/webhook_endpoints/(\w+)")
def _delete_webhook(account: Account, fields: Json, name: str, base_url: str) -> Json:
    account.get(name, "webhook_endpoint")
    del account.objects[name]
    return {"id": name, "object": "webhook_endpoint", "deleted": True}


def _without_secret(endpoint: Json) -> dict[str, Any]:
    return {name: value for name, value in endpoint.items() if name != "secret"}
