"""The items of windows and reports: partition key `id`, which is the window's, sort key `item`.

`window` counts the objects that were noted. `report#<kind>` is a report. `object#<key>#<version>` is an object that was
noted; it is in the partition of its day.
"""

from typing import Any

import msgspec
from chalicelib.pipeline.reports.model import NotedWindow, Report, Window

OPEN = "open"
WINDOW = "window"
REPORT = "report#"
OBJECT = "object#"


def key(window: Window, item: str) -> dict[str, Any]:
    """An item's key."""
    return {"id": {"S": window.id}, "item": {"S": item}}


def report_item(report: Report) -> dict[str, Any]:
    """A report's item; `kind` and `window` are the key of the index `kinds`."""
    return {
        **key(report.window, REPORT + report.kind),
        "kind": {"S": report.kind.value},
        "window": {"S": report.window.start},
        "revision": {"N": str(report.revision)},
        "data": {"S": msgspec.json.encode(report).decode()},
    }


def report_of(item: dict[str, Any]) -> Report:
    """Read a report."""
    return msgspec.json.decode(item["data"]["S"], type=Report)


def noted_of(item: dict[str, Any]) -> NotedWindow:
    """Read a window."""
    return NotedWindow(Window(item["id"]["S"].partition("#")[2]), int(item["data_version"]["N"]))
