"""The key ring in its secret, for the functions that read it and the tasks that change it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import msgspec
from chalicelib.video.playback.key_ring import KeyRing

# So long after its last write a task that was interrupted keeps others from changing the keys.
CHANGE_SECONDS = 600


class KeysChanging(ValueError):
    """Another task is changing the keys."""


class _StoredRing(KeyRing, frozen=True):
    """The ring, until when a task changes it (seconds since 1970), and a text that no other version has."""

    changing_until: int = 0
    change: str = ""


class KeySecret:
    """Reads and writes the ring; `client` makes a client of Secrets Manager."""

    def __init__(self, client: Callable[[], Any], secret_arn: str, now: Callable[[], float] = time.time) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._now = now
        self._version = ""
        self._written: KeyRing | None = None

    def read(self) -> KeyRing:
        """Return the ring; it is empty before the first rotation."""
        return self._read()

    @contextmanager
    def change(self) -> Iterator[KeyRing]:
        """Give the ring to one task at a time, from its first `write` to the end of the block.

        Raises
        ------
        KeysChanging
            Another task has it, or was interrupted less than CHANGE_SECONDS ago.
        """
        ring = self._read()
        if (seconds := int(ring.changing_until - self._now())) > 0:
            raise KeysChanging(f"another task changes the keys, or was interrupted; try again in {seconds} s")
        try:
            yield ring
        finally:
            if self._written is not None:
                self._put(self._written, changing_until=0)

    def write(self, ring: KeyRing) -> None:
        """Write the ring, in a block of `change`.

        Raises
        ------
        KeysChanging
            Another task has written it since this one has read or written it.
        """
        self._put(ring, int(self._now()) + CHANGE_SECONDS)
        self._written = ring

    def _read(self) -> _StoredRing:
        answer = self._client().get_secret_value(SecretId=self._secret_arn)
        self._version = answer["VersionId"]
        return msgspec.json.decode(answer["SecretString"], type=_StoredRing)

    def _put(self, ring: KeyRing, changing_until: int) -> None:
        """Put the version that follows the one that was read or written last.

        Its name follows from that one's, and no version can be written again with another value.
        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
        """
        stored = _StoredRing(ring.signing, ring.public_keys, changing_until, uuid4().hex)
        value = msgspec.json.encode(stored).decode()
        version = str(uuid5(NAMESPACE_URL, f"{self._secret_arn}#{self._version}"))
        client = self._client()
        try:
            client.put_secret_value(SecretId=self._secret_arn, SecretString=value, ClientRequestToken=version)
        except client.exceptions.ResourceExistsException:
            raise KeysChanging("another task changes the keys at the same time") from None
        self._version = version
