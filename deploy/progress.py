"""What the user sees during a command: each step with its time, and notes below it."""

import io
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TextIO

from rich.console import Console
from rich.status import Status

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def replace_unprintable() -> None:
    """Let characters that the output's encoding does not have be printed as `?`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print columns of texts. Nothing is shortened: a terminal that is too narrow wraps the lines."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
        out.print(f"  {'  '.join(cells).rstrip()}", markup=False)


class Progress:
    """Prints the steps of one app's deployment, as plain lines if the output is not a terminal.

    With a file for the details, the steps and notes are written there, and a terminal shows the current step only. If
    it is silent, nothing is printed.
    """

    def __init__(self, label: str, details: TextIO | None = None, *, silent: bool = False) -> None:
        self._label = label
        self._details = details
        self._silent = silent
        self.changed = False
        self.changes = 0
        self._status: Status | None = None

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Print a step with its time when it ends, and whether it failed."""
        started = time.monotonic()
        line = f"{self._label:<12} {title}"
        try:
            with out.status(line) if out.is_terminal and not self._silent else nullcontext() as self._status:
                yield
        except BaseException:
            if not self._silent:
                out.print(f"{line:<71} [red]failed[/] {time.monotonic() - started:6.1f} s")
            raise
        finally:
            self._status = None
        self._print(f"{line:<71} {time.monotonic() - started:6.1f} s")

    def ask(self, question: str) -> str:
        """Read a line from the terminal. The animation of the current step would overwrite it."""
        if self._status:
            self._status.stop()
        try:
            return out.input(question, markup=False)
        finally:
            if self._status:
                self._status.start()

    def note(self, text: str) -> None:
        """Print a detail of the current step."""
        self._print(f"{'':<12}   {text}", style="dim")

    def change(self, text: str) -> None:
        """Print a detail that is a change of what is deployed."""
        self.changed = True
        self.changes += 1
        self.note(text)

    def _print(self, line: str, style: str = "") -> None:
        if self._details is None:
            out.print(line, style=style, markup=False)
        else:
            self._details.write(line + "\n")
            self._details.flush()


def counted(number: int, noun: str) -> str:
    """Write a number of things, such as `1 object` and `2 objects`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
