"""Checks that the disk has room before something is written that must be kept."""

import os
import tempfile
from pathlib import Path

# What a start needs: the next save, the log, and a function that is unpacked.
_START_BYTES = 32 * 1024 * 1024


def require_room(folder: Path, size_bytes: int) -> None:
    """Allocate a file without a name in `folder`, of `size_bytes` above 0, and release it.

    Raises
    ------
    OSError
        The disk is full or read-only, or the file exceeds a quota or a limit.
    """
    with tempfile.TemporaryFile(dir=folder) as probe:
        os.posix_fallocate(probe.fileno(), 0, size_bytes)


def require_room_for_start(folder: Path) -> None:
    """Check that a server can run on a state folder.

    Raises
    ------
    OSError
        The message has the number of megabytes that are needed.
    """
    try:
        require_room(folder, _START_BYTES)
    except OSError as error:
        message = f"{error.strerror}; {_START_BYTES // 1024 // 1024} MB are needed"
        raise OSError(error.errno, message, str(folder)) from error
