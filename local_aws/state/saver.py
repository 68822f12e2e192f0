"""Saves the state by a forked child, when something changed and not more often than every few seconds."""

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

# A change that no request announced (a schedule, a timer) is found by looking anyway.
SECONDS_BETWEEN_LOOKS = 30.0
# A large state is saved less often rather than all the time.
_MOST_OF_A_CORE = 0.2
# A child may hang on a lock that a thread held at the moment of the fork: it is killed and the next one tries.
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
_one_at_a_time = Lock()
_libc = ctypes.CDLL(None)


def prepare(save: Callable[[], bool]) -> None:
    """Tell how to save: `save` writes the state as it is and says whether it differed from the last save."""
    global _save
    _save = save


def note_change() -> None:
    """Say that the state may have changed."""
    global _changed
    _changed = True


def unsaved_reason() -> str:
    """Why the save at the server's stop did not succeed; empty when it did."""
    return "" if _saved_at_stop else _failure or "the stop did not come as far as the save"


async def save_regularly(every_seconds: float) -> None:
    """Save when something changed, at most `every_seconds`, until cancelled."""
    waiting = ThreadPoolExecutor(1, thread_name_prefix="saver")
    looked, took = time.monotonic(), 0.0
    while True:
        await asyncio.sleep(max(every_seconds, took / _MOST_OF_A_CORE))
        if _changed or time.monotonic() - looked >= SECONDS_BETWEEN_LOOKS:
            looked = time.monotonic()
            _one_at_a_time.acquire()
            await asyncio.get_running_loop().run_in_executor(waiting, _finish, _fork())
            took = time.monotonic() - looked


def save_and_wait() -> None:
    """Save now, at the server's stop; a child that fails is followed by one more."""
    global _saved_at_stop
    for _ in range(2):
        _one_at_a_time.acquire()
        if _finish(_fork()):
            _saved_at_stop = True
            return


@dataclass(frozen=True)
class _Child:
    """A forked copy of this process that saves and ends; its one line of result comes through a pipe."""

    pid: int
    result: int


def _fork() -> _Child:
    """Fork on the event loop's thread: no request is half done at that moment."""
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
        _cut_loose(result)
        started = time.perf_counter()
        changed = _save()
        text = f"ok {'saved' if changed else 'unchanged'} in {(time.perf_counter() - started) * 1000:.0f} ms"
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"
    os.write(_RESULT, text.encode()[:4000])
    os._exit(0)


def _cut_loose(result: int) -> None:
    """Share nothing with the server but its memory, and do not outlive it."""
    gc.disable()
    os.nice(5)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.alarm(_CHILD_SECONDS)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    logging.disable()
    os.dup2(result, _RESULT)
    # Sockets and pipes held here would keep clients and workers waiting for their end. Numbers that objects of the
    # server's still know are not free for the files of the save: they lead nowhere instead.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > _RESULT:
            os.dup2(nowhere, descriptor)


def _finish(child: _Child) -> bool:
    try:
        with os.fdopen(child.result, "rb") as pipe:
            text = pipe.read().decode(errors="replace")
        os.waitpid(child.pid, 0)
    finally:
        _one_at_a_time.release()
    if text.startswith("ok "):
        _note_success(text.removeprefix("ok "))
        return True
    _note_failure(text or f"no answer within {_CHILD_SECONDS} s")
    return False


# Warnings and errors reach the terminal: it is told when saves begin to fail and when they succeed again.


def _note_success(text: str) -> None:
    global _failure
    if _failure:
        _log.warning("the state is saved again")
    _failure = ""
    _log.info("state %s", text)


def _note_failure(reason: str) -> None:
    global _failure
    note_change()
    level = logging.INFO if _failure else logging.ERROR
    _failure = reason
    _log.log(level, "the state was not saved, and the next save tries again: %s", reason)
