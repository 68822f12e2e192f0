"""What the payment provider and this app know of each other, in Secrets Manager; read again every minute."""

import logging
import time
from collections.abc import Callable

import msgspec

TTL_SECONDS = 60.0


class ProviderSecret(msgspec.Struct, frozen=True, kw_only=True):
    """The key of the provider's API, and the secrets that sign its events: the current one first."""

    api_key: str = ""
    webhook_secrets: tuple[str, ...] = ()
    # The provider's name of the webhook, and its address.
    webhook: str = ""
    webhook_url: str = ""


class ProviderSecretReader:
    """Reads the secret. If a later read fails, what was read before counts until the next one."""

    def __init__(
        self, fetch: Callable[[], bytes], log: logging.Logger, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._log = log
        self._clock = clock
        self._secret: ProviderSecret | None = None
        self._read_at = 0.0

    def __call__(self) -> ProviderSecret:
        """Return the secret, at most a minute old."""
        if self._secret is None or self._clock() - self._read_at >= TTL_SECONDS:
            try:
                self._secret = msgspec.json.decode(self._fetch(), type=ProviderSecret)
            except Exception:
                if self._secret is None:
                    raise
                self._log.exception("the payment provider's secret could not be read again")
            self._read_at = self._clock()
        return self._secret

    def forget(self) -> None:
        """Read the secret again at the next call."""
        self._secret = None
