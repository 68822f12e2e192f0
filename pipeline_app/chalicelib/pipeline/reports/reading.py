"""Reads a report with all that its numbers come from."""

from typing import Protocol

import msgspec
from chalicelib.pipeline.errors import ReportNotFound
from chalicelib.pipeline.reports.csv_rows import Rows
from chalicelib.pipeline.reports.model import InvalidWindow, Kind, Manifest, ManifestObject, Report, Window

# As many input objects are named.
MAX_OBJECTS = 1000


class Result(msgspec.Struct, frozen=True):
    """A report's manifest, a page of its rows, and the objects that it was made from."""

    manifest: Manifest
    rows: Rows
    objects: list[str]


class Reports(Protocol):
    """The states of reports."""

    def get(self, kind: Kind, window: Window) -> Report | None:
        """Return a report."""

    def objects(self, window: Window, at_most: int) -> list[str]:
        """Return the keys of the objects of a window."""


class Results(Protocol):
    """The results of reports."""

    def manifest(self, kind: Kind, window: Window, run_id: str) -> Manifest:
        """Return a run's manifest."""

    def rows(self, csv: ManifestObject, position: int, limit: int) -> Rows:
        """Return rows from a position in bytes."""


class Reading:
    """The use case."""

    def __init__(self, reports: Reports, results: Results) -> None:
        self._reports = reports
        self._results = results

    def find(self, kind: str, start: str) -> Report:
        """Find a report by the texts of a URL; raises ReportNotFound."""
        missing = ReportNotFound("No telemetry of this window has arrived, or no report of this kind has such windows.")
        try:
            name, window = Kind(kind), Window.of(start)
        except (ValueError, InvalidWindow) as error:
            raise missing from error
        report = self._reports.get(name, window) if name.grain == window.grain else None
        if report is None:
            raise missing
        return report

    def rows(self, report: Report, position: int, limit: int) -> tuple[Manifest, Rows] | None:
        """Return a page of the rows; None if the report has no result yet."""
        if report.built_run is None:
            return None
        manifest = self._results.manifest(report.kind, report.window, report.built_run)
        return manifest, self._results.rows(manifest.csv, position, limit)

    def result(self, report: Report, position: int, limit: int) -> Result | None:
        """Return the result with the objects that it was made from; None if there is none yet."""
        page = self.rows(report, position, limit)
        return Result(*page, self._reports.objects(report.window, MAX_OBJECTS)) if page else None
