"""Shows a simulation's progress: a bar on a terminal, a line a minute in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from simulator.fleet import Counts

_LINE_SECONDS = 60
Report = Callable[[Counts], None]


@contextmanager
def progress(seconds: float | None) -> Iterator[Report]:
    """Show what a simulation of so many seconds has done."""
    console = Console()
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (BarColumn(), TextColumn("{task.fields[text]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as shown:
        task, started = shown.add_task("", total=seconds, text="connecting"), time.monotonic()

        def report(counts: Counts) -> None:
            shown.update(task, completed=time.monotonic() - started, text=text(counts))

        yield report


def _lines(console: Console) -> Report:
    printed_at = 0.0

    def report(counts: Counts) -> None:
        nonlocal printed_at
        if time.monotonic() - printed_at >= _LINE_SECONDS and counts.connected:
            printed_at = time.monotonic()
            console.print(text(counts), highlight=False, soft_wrap=True)

    return report


def text(counts: Counts) -> str:
    """One line about a simulation."""
    failure = f"; {counts.failure}" if counts.connected < counts.devices and counts.failure else ""
    return (
        f"{counts.acknowledged} of {counts.made} messages acknowledged, {counts.pending} pending, "
        f"{counts.connected} of {counts.devices} devices connected{failure}"
    )
