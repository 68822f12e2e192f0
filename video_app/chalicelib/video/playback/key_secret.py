"""The key ring in its secret, for the tasks that change it."""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.video.playback.key_ring import KeyRing


class KeySecret:
    """Reads and writes the ring; `client` makes a client of Secrets Manager."""

    def __init__(self, client: Callable[[], Any], secret_arn: str) -> None:
        self._client = client
        self._secret_arn = secret_arn

    def read(self) -> KeyRing:
        """Return the ring; it is empty before the first rotation."""
        value = self._client().get_secret_value(SecretId=self._secret_arn)["SecretString"]
        return msgspec.json.decode(value, type=KeyRing)

    def write(self, ring: KeyRing) -> None:
        """Write the ring."""
        self._client().put_secret_value(SecretId=self._secret_arn, SecretString=msgspec.json.encode(ring).decode())
