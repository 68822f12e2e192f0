"""The thread that starts every execution environment, without root's right to write whatever it likes.

Deployed code is read-only on Lambda. Where the embedded AWS runs as root (containers, CI), file modes alone would not
keep a function from writing there, for root has CAP_DAC_OVERRIDE. Capabilities belong to threads and pass on to what
they start, so this thread gives that one up and the server keeps it
(https://man7.org/linux/man-pages/man7/capabilities.7.html).
"""

import ctypes
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1


def _give_up_override() -> None:
    # Fails where we are not root and have nothing to give up.
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


_thread = ThreadPoolExecutor(1, "function-spawner", initializer=_give_up_override)


def started(command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
    """As `subprocess.Popen`, from that thread."""

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command, **options)

    return _thread.submit(start).result()
