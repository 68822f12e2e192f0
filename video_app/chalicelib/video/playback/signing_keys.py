"""The signing key, read from its secret once per instance and again every few minutes."""

import logging
import threading
import time
from collections.abc import Callable

from chalicelib.video.errors import NoSigningKey
from chalicelib.video.playback.cloudfront_signing import Signer
from chalicelib.video.playback.key_ring import REFRESH_SECONDS, KeyRing

# After a read that failed; until then the present key signs.
RETRY_SECONDS = 30


class SigningKeys:
    """The key that signs. Threads can share it: one of them reads the secret, the others do not wait for it.

    Parameters
    ----------
    read
        Reads the key ring.
    now
        The time in seconds. Not a monotonic clock: that may stand still while Lambda has the instance frozen.
    """

    def __init__(self, read: Callable[[], KeyRing], log: logging.Logger, now: Callable[[], float] = time.time) -> None:
        self._read = read
        self._log = log
        self._now = now
        self._reading = threading.Lock()
        self._signer: Signer | None = None
        self._read_at, self._lifetime = 0.0, 0

    def signer(self) -> Signer:
        """Return the signer. If the secret cannot be read again, the present key signs on, and the log says why.

        Raises
        ------
        NoSigningKey
            The secret has no key, and no key was read before.
        """
        present = self._signer
        if present is not None and self._is_fresh():
            return present
        # Only who has no key yet waits for the thread that reads it.
        if not self._reading.acquire(blocking=present is None) and present is not None:
            return present
        try:
            return self._refreshed()
        finally:
            self._reading.release()

    def _is_fresh(self) -> bool:
        # A clock that was set back makes no key last longer.
        return 0 <= self._now() - self._read_at < self._lifetime

    def _refreshed(self) -> Signer:
        present = self._signer
        if present is not None and self._is_fresh():
            return present
        lifetime = REFRESH_SECONDS
        try:
            signer = self._made(self._read())
        except Exception:
            if present is None:
                raise
            self._log.exception("the signing key could not be read again; the present key signs on")
            signer, lifetime = present, RETRY_SECONDS
        self._signer, self._read_at, self._lifetime = signer, self._now(), lifetime
        return signer

    def _made(self, ring: KeyRing) -> Signer:
        key = ring.signing
        if key is None:
            raise NoSigningKey("there is no signing key yet")
        if self._signer is not None and self._signer.key_id == key.key_id:
            return self._signer
        return Signer(key.key_id, key.private_key)
