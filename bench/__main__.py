"""`python -m bench`: measure, print one table, write the JSON beside it."""

import argparse
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench.measurements import MEASUREMENTS, Measurement
from bench.page import write_figures
from bench.report import busy, missed, print_table, write_json
from bench.result import Result
from bench.workspace import ROOT, Workspace


def main() -> int:
    """Parse the command line and measure; returns the exit status."""
    given = _parser().parse_args()
    console = Console(width=None if sys.stdout.isatty() else 160)
    results, failed = _measured(_chosen(given.only, short=given.short), console, short=given.short)
    print_table(results, console)
    path = given.json or ROOT / "bench" / "results" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    write_json(results, path, short=given.short)
    console.print(f"\n{path}", style="dim", highlight=False)
    if given.page:
        write_figures(results, given.page, short=given.short)
    if warning := busy(os.getloadavg()[0], os.cpu_count() or 1):
        console.print(warning, style="yellow")
    for name in missed(results):
        console.print(f"missed: {name}", style="red")
    for name in failed:
        console.print(f"could not be measured: {name}", style="red")
    return 1 if failed or (given.strict and missed(results)) else 0


def _measured(chosen: list[Measurement], console: Console, *, short: bool) -> tuple[list[Result], list[str]]:
    """Measure all; the names are of those that failed, so that the minutes that the others took are not lost."""
    results: list[Result] = []
    failed: list[str] = []
    with Workspace.temporary(short=short) as workspace:
        for measurement in chosen:
            console.print(f"measuring {measurement.name}", style="dim")
            try:
                results += measurement.measure(workspace)
            except Exception:
                console.print(traceback.format_exc(), markup=False, highlight=False)
                failed.append(measurement.name)
    console.print()
    return results, failed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer samples, and without what takes minutes")
    parser.add_argument("--only", action="append", choices=sorted(MEASUREMENTS), help="this one; may be repeated")
    parser.add_argument("--json", type=Path, help="where the JSON goes; bench/results/ by default")
    parser.add_argument("--page", type=Path, help="a page whose figures are replaced: docs/bench.md")
    parser.add_argument("--strict", action="store_true", help="fail when a target is missed")
    return parser


def _chosen(only: list[str] | None, *, short: bool) -> list[Measurement]:
    if only:
        return [MEASUREMENTS[name] for name in only]
    return [measurement for measurement in MEASUREMENTS.values() if not (short and measurement.takes_minutes)]


if __name__ == "__main__":
    sys.exit(main())
