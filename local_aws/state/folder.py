"""Locks the state folder, so that one server uses it at a time."""

import fcntl
import os
from pathlib import Path

_lock: int | None = None


class StateInUse(Exception):
    """Another server runs on the same state folder."""


def claim(folder: Path) -> None:
    """Create `folder` if it does not exist, and lock it until this process ends, however it ends.

    Raises
    ------
    StateInUse
        Names the folder and the process that holds it.
    """
    global _lock
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 20).decode(errors="replace").strip()
        os.close(lock)
        raise StateInUse(f"another server (process {holder}) already uses {folder}: stop it first") from error
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    _lock = lock  # open for the life of the process
