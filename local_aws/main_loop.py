"""Work of our own threads between two requests.

MiniStack answers most services on the event loop, one request at a time, and a save copies the process there. What
another thread does to a service's state in more than one step belongs there too: no request and no save sees the half
of it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")
_before_stop: list[Callable[[], None]] = []
_loop: asyncio.AbstractEventLoop | None = None


def remember() -> None:
    """Take the running loop for the server's."""
    global _loop
    _loop = asyncio.get_running_loop()


def before_stop(work: Callable[[], None]) -> None:
    """Have something done when the server stops, while functions still run."""
    _before_stop.append(work)


def stop() -> None:
    """Do what is to be done before the server stops."""
    for work in _before_stop:
        work()


def between_requests(work: Callable[[], Result]) -> Result:
    """The result of `work`, done on the server's loop; for threads other than the loop's own."""
    if _loop is None:
        raise RuntimeError("the server has not started")
    done: Future[Result] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    _loop.call_soon_threadsafe(run)
    return done.result()
