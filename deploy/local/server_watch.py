"""Ends a command as soon as the embedded AWS ends, whatever the command is waiting for."""

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deploy.errors import CommandFailed


class _Stopped(BaseException):
    """The embedded AWS has ended. Not an Exception, because botocore catches those and tries again."""


@contextmanager
def ending_with(server_pid: int, reason: Callable[[], str]) -> Iterator[None]:
    """Run the block until the process of the embedded AWS ends. For the main thread.

    `reason` says how it ended, as in "the embedded AWS stopped, killed by SIGKILL".

    Raises
    ------
    CommandFailed
        The process has ended, or ends while the block runs: the block is left within milliseconds.
    """
    try:
        process = os.pidfd_open(server_pid)
    except OSError:
        raise CommandFailed(reason()) from None
    end, ended = os.pipe()
    is_over = threading.Event()

    def stop(*_: object) -> None:
        if not is_over.is_set():
            raise _Stopped

    previous = signal.signal(signal.SIGUSR1, stop)
    thread = threading.Thread(target=_signal_its_end, args=(process, end, is_over), daemon=True)
    thread.start()
    try:
        yield
    except _Stopped:
        raise CommandFailed(reason()) from None
    finally:
        is_over.set()
        # A byte and not the end of the pipe: a copy of this process that goes on has the pipe open too.
        os.write(ended, b".")
        os.close(ended)
        # The signal would end this process if it came after its handler is gone.
        thread.join()
        signal.signal(signal.SIGUSR1, previous)
        os.close(process)
        os.close(end)


def _signal_its_end(process: int, end: int, is_over: threading.Event) -> None:
    readable, _, _ = select.select([process, end], [], [])
    if process in readable and not is_over.is_set():
        os.kill(os.getpid(), signal.SIGUSR1)
