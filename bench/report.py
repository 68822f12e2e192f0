"""The table on the terminal and the JSON beside it."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.result import Result

_MET = {True: "yes", False: "NO", None: ""}


def print_table(results: Sequence[Result], console: Console) -> None:
    """Print one line a result, then what each is compared with."""
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for title in ("measurement", "unit", "ours", "reference", "ratio", "target", "met"):
        table.add_column(title, justify="left" if title in ("measurement", "unit", "met") else "right")
    for result in results:
        table.add_row(*cells(result))
    console.print(table)
    console.print("\nours and reference are medians of samples taken in turns; the references:", style="dim")
    for result in results:
        console.print(f"  {result.name}: {result.reference_name}", style="dim", highlight=False)


def busy(load: float, cpus: int) -> str | None:
    """Say that others need the machine too, which makes what is measured by the clock slower; None if they do not."""
    if load <= cpus:
        return None
    return f"the machine is busy (load average {load:.1f}, {cpus} CPUs): figures by the clock say little"


def document(results: Sequence[Result], *, short: bool) -> dict[str, Any]:
    """All that was found, with the machine it was found on: figures of different machines do not compare."""
    machine = {"cpus": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()}
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "short": short,
        "machine": {**machine, "load": os.getloadavg()},
        "results": [{**asdict(result), **_judged(result)} for result in results],
    }


def write_json(results: Sequence[Result], path: Path, *, short: bool) -> None:
    """Write the document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(results, short=short), indent=2) + "\n")


def missed(results: Sequence[Result]) -> list[str]:
    """Name the results whose target is missed."""
    return [result.name for result in results if result.met is False]


def _judged(result: Result) -> dict[str, Any]:
    return {"target": str(result.target) if result.target else None, "ratio": result.ratio, "met": result.met}


def cells(result: Result) -> tuple[str, ...]:
    """Write a result as the cells of its line."""
    return (
        result.name,
        result.unit,
        _number(result.ours),
        "" if result.reference is None else _number(result.reference),
        "" if result.ratio is None else f"{result.ratio:.2f}x",
        str(result.target or ""),
        _MET[result.met],
    )


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
