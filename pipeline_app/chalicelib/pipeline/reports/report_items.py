"""The items of windows and reports: partition key `id`, which is the window's, sort key `item`.

`window` counts the objects that were noted. `report#<kind>` is a report. `object#<key>#<version>` is an object that was
noted; it is in the partition of its day.
"""

from typing import Any

import msgspec
from chalicelib.pipeline.reports.model import Kind, NotedWindow, Report, Window

# What the key of the index `open` says of windows that are to be looked at, and of reports that have failed.
OPEN = "open"
FAILED = "failed"
WINDOW = "window"
REPORT = "report#"
OBJECT = "object#"


def key(window: Window, item: str) -> dict[str, Any]:
    """An item's key."""
    return {"id": {"S": window.id}, "item": {"S": item}}


def report_item(report: Report) -> dict[str, Any]:
    """A report's item; `kind` and `window` are the key of the index `kinds`, as `open` and `check_at` are of `open`."""
    failed = {OPEN: {"S": FAILED}, "check_at": {"N": str(report.last_started_at)}} if report.has_failed else {}
    return {
        **key(report.window, REPORT + report.kind),
        "kind": {"S": report.kind.value},
        "window": {"S": report.window.start},
        "revision": {"N": str(report.revision)},
        "data": {"S": msgspec.json.encode(report).decode()},
        **failed,
    }


def report_key(item: dict[str, Any]) -> tuple[Kind, Window]:
    """Which report an item is about."""
    return Kind(item["item"]["S"].removeprefix(REPORT)), Window(item["id"]["S"].partition("#")[2])


def report_of(item: dict[str, Any]) -> Report:
    """Read a report."""
    return msgspec.json.decode(item["data"]["S"], type=Report)


def noted_of(item: dict[str, Any]) -> NotedWindow:
    """Read a window."""
    return NotedWindow(Window(item["id"]["S"].partition("#")[2]), int(item["data_version"]["N"]))
