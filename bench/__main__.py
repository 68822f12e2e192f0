"""`python -m bench`: measure, print one table, write the JSON beside it."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench.measurements import MEASUREMENTS, Measurement
from bench.page import write_figures
from bench.report import missed, print_table, write_json
from bench.result import Result
from bench.workspace import ROOT, Workspace


def main() -> int:
    """Parse the command line and measure; returns the exit status."""
    given = _parser().parse_args()
    console = Console(width=None if sys.stdout.isatty() else 160)
    results: list[Result] = []
    with Workspace.temporary(short=given.short) as workspace:
        for measurement in _chosen(given.only, short=given.short):
            console.print(f"measuring {measurement.name}", style="dim")
            results += measurement.measure(workspace)
    console.print()
    print_table(results, console)
    path = given.json or ROOT / "bench" / "results" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    write_json(results, path, short=given.short)
    if given.page:
        write_figures(results, given.page, short=given.short)
    console.print(f"\n{path}", style="dim", highlight=False)
    for name in missed(results):
        console.print(f"missed: {name}", style="red")
    return 1 if given.strict and missed(results) else 0


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
