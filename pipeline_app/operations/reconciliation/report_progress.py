"""Whether the newest report on an hour is in the warehouse."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from chalicelib.pipeline.reports.model import Kind, NotedWindow, Report, Window

# Later than any time at which a window is looked at again.
YEAR_MS = 366 * 86_400_000
MOST_WINDOWS = 10_000
LOADS_SQL = "SELECT window_start, data_version FROM loads WHERE kind = 'device_hour'"


class Windows(Protocol):
    """The windows of the reports."""

    def due(self, now_ms: int, at_most: int) -> Iterable[NotedWindow]:
        """Return the windows that are to be looked at until a time."""

    def reports(self, window: Window) -> Mapping[Kind, Report]:
        """Return a window's reports."""


class ReportProgress:
    """The reports on hours: those that are to be made, and the versions that are made and loaded."""

    def __init__(self, windows: Windows, loads: Iterable[Mapping[str, object]], now_ms: int) -> None:
        self._windows = windows
        self._open: Collection[str] = {noted.window.start for noted in windows.due(now_ms + YEAR_MS, MOST_WINDOWS)}
        self._loaded = {hour_of(load["window_start"]): int(str(load["data_version"])) for load in loads}

    def is_pending(self, hour: str) -> bool:
        """Whether a newer report on an hour than the loaded one is made or will be."""
        report = self._windows.reports(Window(hour)).get(Kind.DEVICE_HOUR)
        return hour in self._open or (report is not None and report.built_version > self._loaded.get(hour, 0))


def hour_of(window_start: object) -> str:
    """The hour of a report's row: `2026-11-27T17` of `2026-11-27 17:00:00`."""
    return str(window_start)[:13].replace(" ", "T")
