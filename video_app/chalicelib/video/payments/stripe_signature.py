"""Stripe's signatures of webhook events: `Stripe-Signature: t=<seconds>,v1=<hex>`, HMAC-SHA256 of `<t>.<body>`.

While a secret is being replaced, Stripe signs with both, so a header may have several `v1`. Other schemes are ignored.
https://docs.stripe.com/webhooks/signatures
"""

import hmac
import re
from collections.abc import Sequence
from hashlib import sha256

HEADER = "Stripe-Signature"
# Stripe's own libraries have the same tolerance, and allow any time in the future.
TOLERANCE_SECONDS = 300
MAX_HEADER_LENGTH = 4096
_SECONDS = re.compile(r"[0-9]{1,12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_signed(body: bytes, header: str | None, secrets: Sequence[str], now: float) -> bool:
    """Whether one of the secrets has signed a body within the tolerance before or after `now`."""
    timestamp, signatures = _parsed(header or "")
    if not timestamp or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    expected = [_signature(body, timestamp, secret) for secret in secrets if secret]
    # All are compared, whichever matches.
    matches = [hmac.compare_digest(one, other) for one in expected for other in signatures]
    return any(matches)


def signature_header(body: bytes, secret: str, timestamp: int) -> str:
    """Sign a body as Stripe does."""
    return f"t={timestamp},v1={_signature(body, str(timestamp), secret)}"


def _parsed(header: str) -> tuple[str, list[str]]:
    """Return the time and the signatures of a header; an empty time if it is not well formed."""
    if len(header) > MAX_HEADER_LENGTH:
        return "", []
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1" and _DIGEST.fullmatch(value)]
    if len(times) != 1 or not _SECONDS.fullmatch(times[0]):
        return "", []
    return times[0], signatures


def _signature(body: bytes, timestamp: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()
