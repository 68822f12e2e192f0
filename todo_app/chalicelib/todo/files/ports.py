"""What the use cases of files need from AWS."""

from typing import Protocol

from chalicelib.todo.accounts.ports import OutOfTime
from chalicelib.todo.files.model import Folder


class FolderStore(Protocol):
    """Remembers the folders' names."""

    def get(self, owner: str) -> Folder | None:
        """Return what is known, with one small consistent read; None for an owner who never had a list."""

    def get_with_version(self, owner: str) -> tuple[Folder | None, int]:
        """Return what is known, and the list's version, with one small consistent read."""

    def set_name(self, owner: str, name: str) -> None:
        """Remember the name, or raise AccountDeleted, or Busy when too many changes collide."""


class Files(Protocol):
    """The users' files."""

    def clear(self, folder: str, out_of_time: OutOfTime) -> int:
        """Delete every file in a folder and return their number, or raise Unfinished."""
