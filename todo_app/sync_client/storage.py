"""A device's files: each is written as a whole or not at all, and only its user can read it."""

import os
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class Damaged(Exception):
    """A file is not what a device has written; the message has its path."""


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
