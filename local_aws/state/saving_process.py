"""Saves in a forked child: a copy of the whole process at one moment between two requests.

All services' files therefore agree, and the server goes on while the child writes.
"""

import copy
import ctypes
import gc
import logging
import os
import select
import signal
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

# A child may wait forever for a lock that a thread held at the fork. A child that waits and uses no processor time for
# so long is killed. However long a save takes, a child that works or writes to a slow disk is not.
_HUNG_SECONDS = 20
_RESULT = 3  # the child's only descriptor beside the standard three
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


@dataclass(frozen=True)
class Result:
    """How a save ended. `text` is `saved in 12 ms`, or the reason of the failure."""

    is_good: bool
    text: str
    cpu_seconds: float


@dataclass(frozen=True)
class Child:
    """The process that saves. It writes its result, one line, into a pipe."""

    pid: int
    pipe: int

    def wait(self) -> Result:
        """Wait until the save has ended. For another thread than the event loop's, except at the stop."""
        with os.fdopen(self.pipe, "rb") as pipe:
            while not select.select([pipe], [], [], _HUNG_SECONDS)[0]:
                before = _activity(self.pid)
                if not select.select([pipe], [], [], _HUNG_SECONDS)[0] and before and _activity(self.pid) == before:
                    os.kill(self.pid, signal.SIGKILL)
            text = pipe.read().decode(errors="replace")
        _, _, usage = os.wait4(self.pid, 0)
        cpu_seconds = usage.ru_utime + usage.ru_stime
        if text.startswith("ok "):
            return Result(True, text.removeprefix("ok "), cpu_seconds)
        return Result(False, text or "the process that saves was killed", cpu_seconds)


def fork(save: Callable[[], bool]) -> Child:
    """Start a save. Call this on the event loop's thread, where no request is in the middle of a change."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: "multi-threaded, use of fork()"
        pid = os.fork()
    if not pid:
        _save_and_end(save, writer)
    os.close(writer)
    return Child(pid, reader)


def _activity(pid: int) -> tuple[str, ...]:
    """The processor time that a sleeping process has used; empty if it does not sleep."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return tuple(fields[11:13]) if fields[0] == "S" else ()


def _save_and_end(save: Callable[[], bool], result: int) -> NoReturn:
    try:
        _detach(result)
        started = time.perf_counter()
        changed = save()
        text = f"ok {'saved' if changed else 'unchanged'} in {(time.perf_counter() - started) * 1000:.0f} ms"
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"
    os.write(_RESULT, text.encode()[:4000])
    os._exit(0)


def _detach(result: int) -> None:
    """Give up the server's descriptors and signal handlers, and exit with the server."""
    gc.disable()
    os.nice(5)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    logging.disable()
    # Nothing else changes in this copy of the server, so the services' states need no copies of their own.
    copy.deepcopy = _same  # type: ignore[assignment]
    os.dup2(result, _RESULT)
    # Open sockets and pipes in the child would keep clients and workers waiting for their end. The descriptors are
    # redirected and not closed, because objects of the server still use their numbers.
    null_device = os.open(os.devnull, os.O_RDWR)
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > _RESULT:
            os.dup2(null_device, descriptor)


def _same(value: Any, memo: Any = None) -> Any:
    return value
