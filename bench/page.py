"""The figures in docs/bench.md, which only this module writes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.report import cells, document
from bench.result import Result

_BEGIN, _END = "<!-- figures: written by `python -m bench --page` -->", "<!-- end of figures -->"
_TITLES = ("measurement", "unit", "ours", "reference", "ratio", "target", "met", "the reference")


class NoPlaceForFigures(Exception):
    """The page lacks the two marks between which the figures go."""


def write_figures(results: Sequence[Result], page: Path, *, short: bool) -> None:
    """Replace the figures in a page.

    Raises
    ------
    NoPlaceForFigures
    """
    before, begin, rest = page.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise NoPlaceForFigures(f"{page} lacks {_BEGIN} or {_END}")
    page.write_text(f"{before}{_BEGIN}\n{_figures(results, document(results, short=short))}\n{_END}{after}")


def _figures(results: Sequence[Result], facts: dict[str, Any]) -> str:
    machine = facts["machine"]
    load = machine["load"][0]
    where = f"{facts['at']}: {machine['cpus']} CPUs, Python {machine['python']}, load average {load:.1f}"
    rows = [_TITLES, tuple("---" for _ in _TITLES), *((*cells(each), each.reference_name) for each in results)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"\nMeasured {where}{', short run' if facts['short'] else ''}.\n\n{table}\n"
