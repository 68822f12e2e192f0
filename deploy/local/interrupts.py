"""The signals that end a command which otherwise runs on: Ctrl-C, SIGTERM, a closed terminal."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@dataclass
class Interrupts:
    """Whether the command was told to end.

    KeyboardInterrupt alone is not enough: Python loses an exception that a signal raises at some points of an import.
    """

    received: bool = False

    def raise_if_received(self) -> None:
        """Raise KeyboardInterrupt if the command was told to end."""
        if self.received:
            raise KeyboardInterrupt

    def _interrupt(self, *_: object) -> None:
        self.received = True
        raise KeyboardInterrupt


@contextmanager
def interrupt_on_signals() -> Iterator[Interrupts]:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP too, as on Ctrl-C.

    SIGINT is set as well: a shell that starts a command in the background has it ignored.
    """
    interrupts = Interrupts()
    with _handler(interrupts._interrupt):
        yield interrupts


@contextmanager
def ignore_signals() -> Iterator[None]:
    """Ignore the signals while the command stops its own processes."""
    with _handler(signal.SIG_IGN):
        yield


@contextmanager
def _handler(handler: Callable[..., Any] | signal.Handlers) -> Iterator[None]:
    previous = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, previous_handler in previous.items():
            signal.signal(number, previous_handler)
