"""Reads a report with all that its numbers come from."""

from typing import Protocol

import msgspec
from chalicelib.pipeline.errors import ReportNotFound
from chalicelib.pipeline.reports.csv_rows import Rows
from chalicelib.pipeline.reports.model import InvalidWindow, Kind, Manifest, ManifestObject, Report, Window

# As many input objects are named.
MAX_OBJECTS = 1000


class Place(msgspec.Struct, frozen=True):
    """Where a page of rows begins: in bytes of the CSV file of a run. 0 is the beginning.

    A report that is made again has another file: its pages go on in the file in which they began.
    """

    run_id: str
    position: int = 0

    @classmethod
    def of(cls, text: str) -> "Place":
        """Read the text of a place."""
        run_id, _, position = text.partition(" ")
        return cls(run_id, int(position))

    def __str__(self) -> str:
        """Write it for a cursor."""
        return f"{self.run_id} {self.position}"


class Result(msgspec.Struct, frozen=True):
    """A report's manifest, a page of its rows, and the objects that it was made from."""

    manifest: Manifest
    rows: Rows
    objects: list[str]


class Reports(Protocol):
    """The states of reports."""

    def get(self, kind: Kind, window: Window) -> Report | None:
        """Return a report."""

    def objects(self, window: Window, before_ms: int, at_most: int) -> list[str]:
        """Return the keys of the objects of a window that were written before a time."""


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

    def rows(self, report: Report, after: str | None, limit: int) -> tuple[Manifest, Rows] | None:
        """Return a page of the rows, the first without `after`; None if the report has no result yet."""
        if report.built_run is None:
            return None
        place = Place.of(after) if after else Place(report.built_run)
        manifest = self._results.manifest(report.kind, report.window, place.run_id)
        return manifest, self._results.rows(manifest.csv, place.position, limit)

    def result(self, report: Report, after: str | None, limit: int) -> Result | None:
        """Return the result with the objects that it was made from; None if there is none yet."""
        page = self.rows(report, after, limit)
        if page is None:
            return None
        manifest, rows = page
        objects = self._reports.objects(report.window, manifest.read_before_ms, MAX_OBJECTS)
        return Result(manifest, rows, objects)
