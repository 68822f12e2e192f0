"""Saves the state in a forked child when it has changed, at most every few seconds."""

import asyncio
import ctypes
import gc
import logging
import os
import signal
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import NoReturn

# Changes without a request (by a schedule or a timer) are found by this regular check.
SECONDS_BETWEEN_CHECKS = 30.0
# Saves use at most this share of a core, so a large state is saved less often.
_MAX_CORE_SHARE = 0.2
# A child may wait forever for a lock that a thread held at the fork. It is killed, and the next save tries again.
_CHILD_SECONDS = 20
_RESULT = 3  # the child's only descriptor beside the standard three
_PR_SET_PDEATHSIG = 1

_log = logging.getLogger("local_aws.state.saver")


def _nothing_to_save() -> bool:
    return False


_save = _nothing_to_save
_changed = False
_failure = ""  # why the last save failed; empty when it did not
_saved_at_stop = False
_save_lock = Lock()
_libc = ctypes.CDLL(None)


def register_save(save: Callable[[], bool]) -> None:
    """Register the function that saves: `save` writes the current state and returns whether it has changed."""
    global _save
    _save = save


def mark_changed() -> None:
    """Note that the state may have changed."""
    global _changed
    _changed = True


def unsaved_reason() -> str:
    """Why the save at the server's stop failed; empty if it succeeded."""
    return "" if _saved_at_stop else _failure or "the server stopped before the save"


async def save_regularly(every_seconds: float) -> None:
    """Save when the state has changed, at most `every_seconds`, until cancelled."""
    executor = ThreadPoolExecutor(1, thread_name_prefix="saver")
    checked_at, duration = time.monotonic(), 0.0
    while True:
        await asyncio.sleep(max(every_seconds, duration / _MAX_CORE_SHARE))
        if _changed or time.monotonic() - checked_at >= SECONDS_BETWEEN_CHECKS:
            checked_at = time.monotonic()
            _save_lock.acquire()
            await asyncio.get_running_loop().run_in_executor(executor, _finish, _fork())
            duration = time.monotonic() - checked_at


def save_and_wait() -> None:
    """Save now, at the server's stop. A failed save is tried once more."""
    global _saved_at_stop
    for _ in range(2):
        _save_lock.acquire()
        if _finish(_fork()):
            _saved_at_stop = True
            return


@dataclass(frozen=True)
class _Child:
    """A forked copy of this process that saves and exits. It writes its result, one line, into a pipe."""

    pid: int
    result: int


def _fork() -> _Child:
    """Fork on the event loop's thread, where no request is in the middle of a change."""
    global _changed
    _changed = False
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: "multi-threaded, use of fork()"
        pid = os.fork()
    if not pid:
        _save_and_end(writer)
    os.close(writer)
    return _Child(pid, reader)


def _save_and_end(result: int) -> NoReturn:
    try:
        _detach(result)
        started = time.perf_counter()
        changed = _save()
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
    signal.alarm(_CHILD_SECONDS)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    logging.disable()
    os.dup2(result, _RESULT)
    # Open sockets and pipes in the child would keep clients and workers waiting for their end. The descriptors are
    # redirected and not closed, because objects of the server still use their numbers.
    null_device = os.open(os.devnull, os.O_RDWR)
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > _RESULT:
            os.dup2(null_device, descriptor)


def _finish(child: _Child) -> bool:
    try:
        with os.fdopen(child.result, "rb") as pipe:
            text = pipe.read().decode(errors="replace")
        os.waitpid(child.pid, 0)
    finally:
        _save_lock.release()
    if text.startswith("ok "):
        _note_success(text.removeprefix("ok "))
        return True
    _note_failure(text or f"no answer within {_CHILD_SECONDS} s")
    return False


# Warnings and errors are shown on the terminal: when saves begin to fail, and when they succeed again.


def _note_success(text: str) -> None:
    global _failure
    if _failure:
        _log.warning("the state is saved again")
    _failure = ""
    _log.info("state %s", text)


def _note_failure(reason: str) -> None:
    global _failure
    mark_changed()
    level = logging.INFO if _failure else logging.ERROR
    _failure = reason
    _log.log(level, "the state was not saved, and the next save tries again: %s", reason)
