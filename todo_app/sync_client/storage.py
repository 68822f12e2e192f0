"""A device's files: each is written as a whole or not at all, and only its user can read it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class Damaged(Exception):
    """A file is not what a device has written; the message has its path."""


class InUse(Exception):
    """Another process uses the device."""


@contextmanager
def only_user(file: Path) -> Iterator[None]:
    """Let no other process use a device at the same time: the last one to save would undo what the other has saved.

    Raises
    ------
    InUse
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InUse(f"another command uses the device {file.stem}") from error
        yield


class JsonFile(Generic[T]):
    """Keeps one struct in one file."""

    def __init__(self, file: Path, kind: type[T]) -> None:
        self._file = file
        self._kind = kind

    def load(self) -> T | None:
        """Read the struct; None before the first save.

        Raises
        ------
        Damaged
        """
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=self._kind)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError as error:
            raise Damaged(f"{self._file} cannot be read ({error}); without it the device starts anew") from error

    def save(self, struct: T) -> None:
        """Write the struct durably."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(msgspec.json.encode(struct))
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self._file)
        # Without this the new name can be lost with the power.
        folder = os.open(self._file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
