"""Sends events to webhooks, signed as Stripe signs them, until they are acknowledged.

https://docs.stripe.com/webhooks, https://docs.stripe.com/webhooks/signatures
"""

import hmac
import json
import threading
import urllib.error
import urllib.request
from hashlib import sha256

from local_payments.account import Account, Json

# Stripe tries for three days. Here nobody waits so long.
RETRY_SECONDS = (1, 2, 4, 8, 15, 30, 60, 120, 300)
_TIMEOUT_SECONDS = 20
_IDLE_SECONDS = 0.05


class Sender(threading.Thread):
    """A thread that sends what is due. While `held`, nothing is sent."""

    def __init__(self, account: Account) -> None:
        super().__init__(daemon=True, name="sender")
        self._account = account
        self._stopped = threading.Event()
        self.held = False

    def run(self) -> None:
        """Send until `stop`."""
        while not self._stopped.is_set():
            delivery = self._next()
            if delivery is None:
                self._stopped.wait(_IDLE_SECONDS)
            else:
                self.send(delivery)

    def stop(self) -> None:
        """End the thread after what it is sending."""
        self._stopped.set()

    def send(self, delivery: Json) -> None:
        """Send one delivery now; unless it is answered by a 2xx status, it is due again later."""
        with self._account.lock:
            event = next(one for one in self._account.events if one["id"] == delivery["event"])
            endpoint = self._account.objects.get(delivery["endpoint"])
            now = self._account.now()
        status = post(endpoint, event, now) if endpoint else 0
        with self._account.lock:
            delivery.update(attempts=delivery["attempts"] + 1, answer=status)
            is_over = endpoint is None or delivery["attempts"] > len(RETRY_SECONDS)
            if 200 <= status < 300 or is_over:
                delivery["due"] = None
                event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
            else:
                delivery["due"] = now + RETRY_SECONDS[delivery["attempts"] - 1]
            self._account.save()

    def _next(self) -> Json | None:
        with self._account.lock:
            if self.held:
                return None
            now = self._account.now()
            due = (one for one in self._account.deliveries if one["due"] is not None and one["due"] <= now)
            return next(due, None)


def post(endpoint: Json, event: Json, timestamp: int) -> int:
    """POST a signed event; returns the status of the answer, 0 without one."""
    body = json.dumps(event, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (simulated by local_payments)",
        "Stripe-Signature": signature_header(body, endpoint["secret"], timestamp),
    }
    request = urllib.request.Request(endpoint["url"], body, headers, method="POST")  # noqa: S310 - http(s), checked when it was registered
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def signature_header(body: bytes, secret: str, timestamp: int) -> str:
    """Sign a body: HMAC-SHA256 of the time, a full stop and the body, by the whole text of the secret."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()
    return f"t={timestamp},v1={signed}"
