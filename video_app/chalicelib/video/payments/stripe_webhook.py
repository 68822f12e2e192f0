"""The webhook at Stripe, and its secret in Secrets Manager: for the task that makes them.

https://docs.stripe.com/api/webhook_endpoints/create
"""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.video.payments.provider_secret import ProviderSecret
from chalicelib.video.payments.stripe_api import API_VERSION, StripeApi
from chalicelib.video.payments.stripe_facts import READERS

_PATH = "/v1/webhook_endpoints"


class StripeWebhook:
    """Registers the webhook; `client` makes a client of Secrets Manager."""

    def __init__(self, client: Callable[[], Any], secret_arn: str, api_url: str) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._api_url = api_url

    def read(self) -> ProviderSecret:
        """Return what is known of the provider; it is empty before the first connection."""
        value = self._client().get_secret_value(SecretId=self._secret_arn)["SecretString"]
        return msgspec.json.decode(value, type=ProviderSecret)

    def connect(self, url: str, api_key: str, *, renew: bool = False) -> str | None:
        """Let the provider send its events to `url`; returns what has changed, or None.

        With `renew` the webhook is replaced by one with a new secret. What the webhook before still sends is accepted
        until the next renewal.
        """
        current = self.read()
        api = StripeApi(self._api_url, lambda: api_key)
        is_same = current.webhook and (current.webhook_url, current.api_key) == (url, api_key)
        existing = api.get(f"{_PATH}/{current.webhook}") if is_same and not renew else None
        if existing is None:
            return self._replace(api, current, url, api_key)
        if set(existing["enabled_events"]) == set(READERS):
            return None
        api.post(f"{_PATH}/{current.webhook}", {"enabled_events": list(READERS)})
        return "the webhook gets other types of events"

    def _replace(self, api: StripeApi, current: ProviderSecret, url: str, api_key: str) -> str:
        fields = {"url": url, "enabled_events": list(READERS), "api_version": API_VERSION}
        made = api.post(_PATH, fields)
        secrets = (made["secret"], *current.webhook_secrets[:1])
        self._write(ProviderSecret(api_key=api_key, webhook_secrets=secrets, webhook=made["id"], webhook_url=url))
        older = [one for one in api.get(_PATH, {"limit": 100})["data"] if one["url"] == url]
        for one in older:
            if one["id"] not in (made["id"], current.webhook):
                api.delete(f"{_PATH}/{one['id']}")
        return f"the payment provider sends its events to {url}"

    def _write(self, secret: ProviderSecret) -> None:
        self._client().put_secret_value(SecretId=self._secret_arn, SecretString=msgspec.json.encode(secret).decode())
