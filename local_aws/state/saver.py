"""Saves the state when it has changed, at most every few seconds, or on demand."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from local_aws.state import saving_process
from local_aws.state.saving_process import Child

# Changes without a request (by a schedule or a timer) are found by this regular check.
SECONDS_BETWEEN_CHECKS = 30.0
# Saves use at most this share of a core, so a large state is saved less often.
_MAX_CORE_SHARE = 0.2

_log = logging.getLogger("local_aws.state.saver")


def _nothing_to_save() -> bool:
    return False


def _nothing(*_: Any) -> None:
    pass


_save: Callable[[], bool] = _nothing_to_save
_before_fork: Callable[[], None] = _nothing
_after_save: Callable[[bool], None] = _nothing
_changed = False
_failure = ""  # why the last save failed; empty when it did not
_saved_at: float | None = None  # when the last good save began, in seconds since 1970
_saved_at_stop = False
_save_lock = Lock()
_demand = asyncio.Event()
_waiting: list[asyncio.Future[str]] = []


def register_save(
    save: Callable[[], bool],
    before_fork: Callable[[], None] = _nothing,
    after_save: Callable[[bool], None] = _nothing,
) -> None:
    """Register the function that saves: `save` writes the current state and returns whether it has changed.

    It runs in a copy of the server. `before_fork` runs in the server before the copy is made, and `after_save` when
    the save has ended, with whether it succeeded.
    """
    global _save, _before_fork, _after_save
    _save, _before_fork, _after_save = save, before_fork, after_save


def mark_changed() -> None:
    """Note that the state may have changed."""
    global _changed
    _changed = True


def note_loaded(saved_at: float) -> None:
    """Note when the state was saved that the start has loaded, in seconds since 1970."""
    global _saved_at
    _saved_at = saved_at


def unsaved_reason() -> str:
    """Why the save at the server's stop failed; empty if it succeeded."""
    return "" if _saved_at_stop else _failure or "the server stopped before the save"


def status() -> dict[str, Any]:
    """Answer the age of the last good save in seconds, whether changes may follow it, and why saves fail now."""
    age = None if _saved_at is None else round(max(0.0, time.time() - _saved_at), 1)
    return {"age_seconds": age, "unsaved_changes": _changed, "failure": _failure or None}


async def save_regularly(every_seconds: float) -> None:
    """Save when the state has changed, at most `every_seconds`, and on demand, until cancelled."""
    executor = ThreadPoolExecutor(1, thread_name_prefix="saver")
    checked_at, cpu_seconds = time.monotonic(), 0.0
    while True:
        await _demand_within(max(every_seconds, cpu_seconds / _MAX_CORE_SHARE))
        if _waiting or _changed or time.monotonic() - checked_at >= SECONDS_BETWEEN_CHECKS:
            checked_at = time.monotonic()
            waiting = _waiting[:]
            _waiting.clear()
            _save_lock.acquire()
            began, child = _fork()
            cpu_seconds = await asyncio.get_running_loop().run_in_executor(executor, _finish, began, child)
            _tell(waiting)


async def save_now() -> str:
    """Save on demand; returns the reason of a failure, and nothing if everything until this call is saved."""
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    _waiting.append(future)
    _demand.set()
    return await future


async def _demand_within(seconds: float) -> None:
    try:
        await asyncio.wait_for(_demand.wait(), seconds)
    except TimeoutError:
        return
    _demand.clear()


def _tell(waiting: list[asyncio.Future[str]]) -> None:
    for future in waiting:
        if not future.done():
            future.set_result(_failure)


def save_and_wait() -> None:
    """Save now, at the server's stop. A failed save is tried once more."""
    global _saved_at_stop
    for _ in range(2):
        _save_lock.acquire()
        _finish(*_fork())
        if not _failure:
            _saved_at_stop = True
            return


def _fork() -> tuple[float, Child]:
    global _changed
    _changed = False
    _before_fork()
    return time.time(), saving_process.fork(_save)


def _finish(began: float, child: Child) -> float:
    """Wait for a save and note how it ended; returns the processor time that it took, in seconds."""
    try:
        result = child.wait()
        _after_save(result.is_good)
    finally:
        _save_lock.release()
    if result.is_good:
        _note_success(result.text, began)
    else:
        _note_failure(result.text)
    return result.cpu_seconds


# Warnings and errors are shown on the terminal: when saves begin to fail, and when they succeed again.


def _note_success(text: str, began: float) -> None:
    global _failure, _saved_at
    if _failure:
        _log.warning("the state is saved again")
    _failure, _saved_at = "", began
    _log.info("state %s", text)


def _note_failure(reason: str) -> None:
    global _failure
    mark_changed()
    level = logging.INFO if _failure else logging.ERROR
    _failure = reason
    _log.log(level, "the state was not saved, and the next save tries again: %s", reason)
