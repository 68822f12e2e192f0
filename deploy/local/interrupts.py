"""The signals that end a command which otherwise runs on: Ctrl-C, SIGTERM, a closed terminal."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@contextmanager
def interrupt_on_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP too, as on Ctrl-C.

    SIGINT is set as well: a shell that starts a command in the background has it ignored.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for name in _SIGNALS:
        signal.signal(name, interrupt)
    yield


@contextmanager
def ignore_signals() -> Iterator[None]:
    """Ignore the signals while the command stops its own processes."""
    for name in _SIGNALS:
        signal.signal(name, signal.SIG_IGN)
    yield
