"""The statements of a run. The SQL of each kind is a file in `sql/`, whose version is a hash of its text."""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from chalicelib.pipeline.reports.model import InvalidWindow, Kind, Run, Window, run_prefix

_FOLDER = Path(__file__).with_name("sql")
_PLACEHOLDER = re.compile(r":(event_date|event_hour|window_start)\b")
_MARK = re.compile(r"-- report (\w+) (\S+) run (\S+) step (unload|csv)\n")
UNLOAD, CSV = "unload", "csv"


class Step(NamedTuple):
    """Which query of which run a statement is."""

    kind: Kind
    window: Window
    run_id: str
    step: str


@cache
def text(kind: Kind) -> str:
    """The SQL of a kind, with placeholders."""
    return (_FOLDER / f"{kind}.sql").read_text()


@cache
def version(kind: Kind) -> str:
    """A short hash of the SQL of a kind."""
    return hashlib.sha256(text(kind).encode()).hexdigest()[:8]


def select(kind: Kind, window: Window) -> str:
    """The SQL of a report. The values are those of a checked window, never a client's text."""
    values = {
        "event_date": f"'{window.starts:%Y-%m-%d}'",
        "event_hour": str(window.starts.hour),
        "window_start": f"TIMESTAMP '{window.starts:%Y-%m-%d %H:%M:%S}'",
    }
    return _PLACEHOLDER.sub(lambda name: values[name[1]], text(kind)).rstrip()


def unload(kind: Kind, window: Window, run: Run, bucket: str) -> str:
    """Write the report's rows as Parquet below the run's prefix."""
    target = f"s3://{bucket}/{run_prefix(kind, window, run.id)}"
    properties = "WITH (format = 'PARQUET', compression = 'SNAPPY')"
    return f"UNLOAD (\n{_mark(kind, window, run, UNLOAD)}{select(kind, window)}\n)\nTO '{target}'\n{properties}"


def select_of(unload_sql: str) -> str:
    """The report's SQL in an UNLOAD, which may be of an earlier version."""
    return unload_sql.partition(" step unload\n")[2].rpartition("\n)\nTO ")[0]


def csv(kind: Kind, window: Window, run: Run) -> str:
    """Read the run's rows; the result of a SELECT is a CSV file."""
    mark = _mark(kind, window, run, CSV)
    columns = ", ".join(column_names(kind))
    order = "device_id" if "device_id" in columns else "window_start"
    return (
        f"{mark}SELECT {columns}\nFROM {kind}_runs\n"
        f"WHERE window_id = '{window.start}' AND run_id = '{run.id}'\nORDER BY {order}"
    )


@cache
def column_names(kind: Kind) -> tuple[str, ...]:
    """The names of a report's columns: of the last SELECT in its SQL, one on each line."""
    last = text(kind).rpartition("\nSELECT\n")[2].partition("\nFROM")[0]
    return tuple(line.strip().rstrip(",").rpartition(" ")[2].rpartition(".")[2] for line in last.splitlines())


def step_of(sql: str) -> Step | None:
    """Which step of which run a statement is; None if it is not one of ours."""
    match = _MARK.search(sql)
    if match is None:
        return None
    try:
        return Step(Kind(match[1]), Window.of(match[2]), match[3], match[4])
    except (ValueError, InvalidWindow):
        return None


def token(kind: Kind, window: Window, run: Run, step: str) -> str:
    """The same text for the same step of a run: it is started once."""
    return hashlib.sha256(f"{kind} {window.start} {run.id} {step}".encode()).hexdigest()


def _mark(kind: Kind, window: Window, run: Run, step: str) -> str:
    return f"-- report {kind} {window.start} run {run.id} step {step}\n"
