"""The signing key from Secrets Manager, read once per instance and again every few minutes."""

import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.video.playback.cloudfront_signing import Signer
from chalicelib.video.playback.key_ring import KeyRing

# After a rotation instances sign with the older key for this long. Its links stay valid until the next rotation.
TTL_SECONDS = 300.0


class NoSigningKey(Exception):
    """The secret has no key yet: the deployment is not complete."""


class SigningKeys:
    """The key that signs; `client` makes a client of Secrets Manager."""

    def __init__(
        self,
        client: Callable[[], Any],
        secret_arn: str,
        log: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._log = log
        self._clock = clock
        self._signer: Signer | None = None
        self._read_at = 0.0

    def signer(self) -> Signer:
        """Return the signer. If a later read fails, the key that was read before signs on.

        Raises
        ------
        NoSigningKey
        """
        if self._signer is None:
            self._signer = self._read()
        elif self._clock() - self._read_at >= TTL_SECONDS:
            try:
                self._signer = self._read()
            except Exception:
                self._log.exception("the signing key could not be read again")
                self._read_at = self._clock()
        return self._signer

    def _read(self) -> Signer:
        value = self._client().get_secret_value(SecretId=self._secret_arn)["SecretString"]
        key = msgspec.json.decode(value, type=KeyRing).signing
        if key is None:
            raise NoSigningKey("there is no signing key yet")
        self._read_at = self._clock()
        if self._signer is not None and self._signer.key_id == key.key_id:
            return self._signer
        return Signer(key.key_id, key.private_key)
