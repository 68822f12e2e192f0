"""What the reports' use cases need from outside."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from chalicelib.pipeline.reports.model import Kind, Manifest, ManifestObject, NotedWindow, Report, Window

from common.errors import TryAgain


class ReportConflict(TryAgain):
    """The report, or the data of its window, was changed by another function at the same time."""


class QueriesBusy(TryAgain):
    """The query service takes no queries at the moment."""


class QueryRefused(Exception):
    """The query service refuses the query, and would refuse it again."""


class QueryExecution(msgspec.Struct, frozen=True):
    """A query; `state` is QUEUED, RUNNING, SUCCEEDED, FAILED or CANCELLED."""

    id: str
    sql: str
    state: str
    reason: str = ""
    bytes_scanned: int = 0
    # Where the result is, as a key of the reports bucket.
    result_key: str = ""


class Windows(Protocol):
    """The windows that have objects, and their reports."""

    def note(self, windows: Sequence[Window], object_version: str, now_ms: int, written_ms: int) -> bool:
        """Note an object for its windows, once; False if it was noted before. `written_ms` is when S3 had it."""

    def due(self, now_ms: int, at_most: int) -> list[NotedWindow]:
        """Return open windows whose reports are to be looked at."""

    def reports(self, window: Window) -> Mapping[Kind, Report]:
        """Return the reports of a window that have a state."""

    def save(self, report: Report) -> None:
        """Write a report over its previous revision.

        Raises
        ------
        ReportConflict
            Another revision is there.
        """

    def look_again(self, noted: NotedWindow, at_ms: int | None) -> None:
        """Set when an open window is due; None closes it until the next object.

        Raises
        ------
        ReportConflict
            More objects were noted meanwhile; the window stays due.
        """


class Queries(Protocol):
    """Runs SQL."""

    def start(self, sql: str, token: str) -> str:
        """Start a query and return its id; the same token starts it once.

        Raises
        ------
        QueriesBusy
        QueryRefused
        """

    def find(self, query_id: str) -> QueryExecution:
        """Return a query.

        Raises
        ------
        QueriesBusy
        """

    def stop(self, query_id: str) -> None:
        """Cancel a query."""


class ReportBucket(Protocol):
    """The bucket of results."""

    def objects(self, prefix: str) -> list[ManifestObject]:
        """List objects."""

    def count_rows(self, key: str) -> tuple[ManifestObject, int]:
        """Return a CSV file's object and the number of its rows, without the first with the columns' names."""

    def put_manifest(self, manifest: Manifest) -> None:
        """Write a manifest over itself."""
