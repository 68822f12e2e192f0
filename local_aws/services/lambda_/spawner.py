"""Starts every execution environment from a thread that cannot override file permissions.

Deployed code is read-only on Lambda. If the embedded AWS runs as root (containers, CI), file modes do not keep a
function from writing there, because root has CAP_DAC_OVERRIDE. Capabilities belong to threads and are inherited by the
processes that they start. This thread drops that capability and the server keeps it
(https://man7.org/linux/man-pages/man7/capabilities.7.html).
"""

import ctypes
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1


def _give_up_override() -> None:
    # This fails without root's capabilities, when there is nothing to drop.
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


_thread = ThreadPoolExecutor(1, "function-spawner", initializer=_give_up_override)


def start_process(command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
    """Call `subprocess.Popen` in that thread."""

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command, **options)

    return _thread.submit(start).result()
