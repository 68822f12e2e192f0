"""What ends a command that runs until it is told to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the command as Ctrl-C does.

    So does SIGINT where a shell has started it in the background, with SIGINT ignored.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for name in _SIGNALS:
        signal.signal(name, interrupt)
    yield


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Let what stops the command's own processes come to its end."""
    for name in _SIGNALS:
        signal.signal(name, signal.SIG_IGN)
    yield
