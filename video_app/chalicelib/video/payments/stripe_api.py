"""Calls of Stripe's API over HTTP.

The official library is not used: it brings `requests`, and a cold start would import thousands of classes.
https://docs.stripe.com/api
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import urllib3
from chalicelib.video.errors import PaymentDeclined, ProviderUnavailable

# Requests and events have the forms of this version: https://docs.stripe.com/api/versioning
API_VERSION = "2026-10-28.endive"
_RETRIES = urllib3.Retry(
    total=1,
    backoff_factor=0.3,
    # A client does not wait for minutes.
    respect_retry_after_header=False,
    status_forcelist=(409, 429, 500, 502, 503, 504),
    # POST too: it has an idempotency key, or sets a state.
    allowed_methods=None,
    redirect=False,
    raise_on_status=False,
)
_TIMEOUT = urllib3.Timeout(connect=2.0, read=6.0)
_UNAVAILABLE_STATUSES = (409, 429)


class RefusedByProvider(Exception):
    """The provider has refused a request that we thought right: a mistake in the code or in the account."""


class StripeApi:
    """Stripe's API; `key` returns the secret API key."""

    def __init__(self, url: str, key: Callable[[], str]) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._pool = urllib3.PoolManager(maxsize=4, retries=_RETRIES, timeout=_TIMEOUT)

    def get(self, path: str, fields: Mapping[str, Any] | None = None) -> Any:
        """Return an object; None if there is none.

        Raises
        ------
        ProviderUnavailable
        """
        return self._request("GET", path, fields or {}, {})

    def post(self, path: str, fields: Mapping[str, Any], idempotency_key: str = "") -> Any:
        """Create or change an object and return it; None if there is none to change.

        Raises
        ------
        ProviderUnavailable, PaymentDeclined
        """
        return self._request("POST", path, fields, {"Idempotency-Key": idempotency_key} if idempotency_key else {})

    def delete(self, path: str) -> None:
        """Delete an object, if it is there.

        Raises
        ------
        ProviderUnavailable
        """
        self._request("DELETE", path, {}, {})

    def _request(self, method: str, path: str, fields: Mapping[str, Any], headers: dict[str, str]) -> Any:
        key = self._key()
        if not key:
            raise ProviderUnavailable("The payment provider is not connected yet.")
        headers |= {"Authorization": f"Bearer {key}", "Stripe-Version": API_VERSION}
        url, pairs = self._url + path, list(_flat(fields))
        try:
            if method == "POST":
                answer = self._pool.request_encode_body(method, url, pairs, headers, encode_multipart=False)
            else:
                answer = self._pool.request_encode_url(method, url, pairs, headers)
        except urllib3.exceptions.HTTPError as error:
            raise ProviderUnavailable("The payment provider does not answer.") from error
        return _content(answer, f"{method} {path}")


def _content(answer: urllib3.BaseHTTPResponse, request: str) -> Any:
    if answer.status >= 500 or answer.status in _UNAVAILABLE_STATUSES:
        raise ProviderUnavailable("The payment provider is busy.")
    if answer.status == 402:
        raise PaymentDeclined("The payment was declined.")
    if answer.status == 404:
        return None
    content = msgspec.json.decode(answer.data)
    if answer.status >= 300:
        error = content.get("error") or {}
        raise RefusedByProvider(f"{request}: {answer.status} {error.get('code') or error.get('type')}")
    return content


def _flat(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Write nested fields as Stripe's forms have them: `a[b][0][c]=value`."""
    for name, value in fields.items():
        key = f"{prefix}[{name}]" if prefix else str(name)
        if isinstance(value, Mapping):
            yield from _flat(value, key)
        elif isinstance(value, list):
            yield from _flat({str(index): item for index, item in enumerate(value)}, key)
        else:
            yield key, str(value).lower() if isinstance(value, bool) else str(value)
