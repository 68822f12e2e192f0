"""Runs work of other threads on the server's event loop, between two requests.

MiniStack serves most requests on the event loop, one at a time, and a save copies the process there. Another thread
that changes a service's state in more than one step must do so there too, so that no request and no save sees a
partial change.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")
_stop_callbacks: list[Callable[[], None]] = []
_tasks: set["asyncio.Task[None]"] = set()
_loop: asyncio.AbstractEventLoop | None = None


def register_running_loop() -> None:
    """Register the running event loop as the server's."""
    global _loop
    _loop = asyncio.get_running_loop()


def call_before_stop(work: Callable[[], None]) -> None:
    """Register a callback for the server's stop. It is called while functions still run."""
    _stop_callbacks.append(work)


def stop() -> None:
    """Call the registered callbacks."""
    for work in _stop_callbacks:
        work()


def call_soon(work: Callable[[], None]) -> None:
    """Run `work` on the server's event loop soon. Any thread may call this."""
    _running_loop().call_soon_threadsafe(work)


def start_soon(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start a task on the server's event loop soon, outside of the request that is being served."""
    loop = _running_loop()

    def start() -> None:
        task = loop.create_task(work(), context=contextvars.Context())
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    loop.call_soon_threadsafe(start)


def run_between_requests(work: Callable[[], Result]) -> Result:
    """Run `work` on the server's event loop; returns its result. Call this from other threads only."""
    loop = _running_loop()
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    loop.call_soon_threadsafe(run)
    return future.result()


def _running_loop() -> asyncio.AbstractEventLoop:
    if _loop is None:
        raise RuntimeError("the server has not started")
    return _loop
