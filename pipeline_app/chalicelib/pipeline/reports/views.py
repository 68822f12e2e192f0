"""Reports over HTTP."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from chalice.app import Response
from chalicelib.pipeline.reports.csv_rows import Row, Rows, spreadsheet
from chalicelib.pipeline.reports.model import Manifest, Report, ReportKind, WindowStart
from chalicelib.pipeline.reports.reading import Place, Result
from msgspec import Meta

from common.http import responses
from common.http.cursors import Cursors
from common.http.paging import Cursor, next_link, page_size, position
from common.values import Page, Timestamp, timestamp

DEFAULT_LIMIT, MAX_LIMIT = 100, 500
CSV_LIMIT = 10_000
PRIVATE = {"Cache-Control": "no-store"}
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}\.\d{3})")
Value = str | int | float | None


class ReportSummary(msgspec.Struct, rename="camel", frozen=True):
    """A report of one kind on one window."""

    kind: ReportKind
    window: WindowStart
    url: Annotated[str, Meta(examples=["https://devices.example/api/reports/device_hour/2026-11-27T17"])]
    state: Annotated[
        str,
        Meta(description="`waiting`, `running`, `built`, or `parked` after too many failures.", examples=["built"]),
    ]
    reason: Annotated[str | None, Meta(description="Why the last run failed.", examples=[None])]
    built_at: Annotated[Timestamp | None, Meta(description="When its result was made; null before the first.")]


class ReportObject(msgspec.Struct, frozen=True):
    """An object in S3."""

    key: Annotated[str, Meta(examples=["results/5b3f4c1e-7a88-4b0d-9d5e-0b6f0a1c2d3e.csv"])]
    bytes: Annotated[int, Meta(examples=[5120])]


class ResultView(msgspec.Struct, rename="camel", frozen=True):
    """What a report's numbers come from."""

    run: Annotated[str, Meta(examples=["v12-3fa9c0de-1"])]
    complete: Annotated[
        bool, Meta(description="False if the run started before the window's end and the time for late messages.")
    ]
    sql: Annotated[str, Meta(description="The query, which can be run as it is.", examples=["SELECT 1"])]
    queries: Annotated[
        list[str],
        Meta(
            description="Athena's ids of the queries: the report, and the CSV file of its rows.", examples=[["a", "b"]]
        ),
    ]
    bytes_scanned: Annotated[int, Meta(examples=[102400])]
    row_count: Annotated[int, Meta(examples=[250])]
    parquet: list[ReportObject]
    csv: ReportObject
    objects: Annotated[
        list[str],
        Meta(
            description="The keys of the window's objects, at most 1,000, that were written before the run started.",
            examples=[["telemetry/event_date=2026-11-27/event_hour=17/delivery-1"]],
        ),
    ]


class ReportView(ReportSummary, rename="camel", frozen=True):
    """A report with a page of its rows."""

    result: Annotated[ResultView | None, Meta(description="Null before the first run has ended.")]
    columns: Annotated[list[str], Meta(examples=[["device_id", "readings"]])]
    rows: Annotated[list[list[Value]], Meta(description="The values by column.", examples=[[["sensor-07", 60]]])]


class ReportList(msgspec.Struct, frozen=True):
    """A page of the reports of one kind, the newest window first."""

    reports: list[ReportSummary]


class ReportsQuery(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Which reports a list has, and which part of it a page shows."""

    kind: ReportKind | None = None
    first: Annotated[WindowStart | None, Meta(description="The first window.")] = None
    last: Annotated[WindowStart | None, Meta(description="The last window.")] = None
    limit: Annotated[int, page_size("reports", default=DEFAULT_LIMIT, maximum=MAX_LIMIT)] | None = None
    cursor: Cursor | None = None


class RowsQuery(msgspec.Struct, frozen=True):
    """Which rows a page shows."""

    limit: Annotated[int, page_size("rows", default=DEFAULT_LIMIT, maximum=MAX_LIMIT)] | None = None
    cursor: Cursor | None = None


class CsvQuery(msgspec.Struct, frozen=True):
    """Which rows a document has."""

    limit: Annotated[int, page_size("rows", default=CSV_LIMIT, maximum=CSV_LIMIT)] | None = None
    cursor: Cursor | None = None


class ReportViews:
    """Writes reports for clients."""

    def __init__(self, public_url: str, cursors: Cursors) -> None:
        self._url = f"{public_url.rstrip('/')}/api"
        self._cursors = cursors

    def position(self, path: str, query: Any) -> str | None:
        """Return the position that the query's cursor holds; `path` names the list."""
        return position(self._cursors, path, query)

    def reports(self, path: str, query: ReportsQuery, page: Page[Report]) -> Response:
        """Answer with a page of reports."""
        body = ReportList([ReportSummary(**self._summary(report)) for report in page.items])
        return responses.json(body, {**PRIVATE, **self._link(path, query, page.next_after)})

    def report(self, path: str, query: RowsQuery, report: Report, result: Result | None) -> Response:
        """Answer with a report and a page of its rows."""
        rows = result.rows if result else Rows([], [], None)
        body = ReportView(
            **self._summary(report),
            result=_result(result) if result else None,
            columns=[str(name) for name in rows.columns],
            rows=[_values(rows.columns, row) for row in rows.rows],
        )
        link = self._link(path, query, _next(result.manifest, rows)) if result else {}
        return responses.json(body, {**PRIVATE, **link})

    def csv(self, path: str, query: CsvQuery, report: Report, manifest: Manifest, rows: Rows) -> Response:
        """Answer with rows as CSV."""
        name = f"{report.kind}-{report.window.start}.csv"
        headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
        link = self._link(path, query, _next(manifest, rows))
        return responses.csv(spreadsheet(rows.columns, rows.rows), {**headers, **link})

    def _link(self, path: str, query: Any, after: str | None) -> dict[str, str]:
        return next_link(self._cursors, self._url + path, path, query, after) if after else {}

    def _summary(self, report: Report) -> dict[str, Any]:
        return {
            "kind": report.kind.value,
            "window": report.window.start,
            "url": f"{self._url}/reports/{report.kind}/{report.window.start}",
            "state": report.state,
            "reason": report.reason or None,
            "built_at": timestamp(datetime.fromtimestamp(report.built_at / 1000, UTC)) if report.built_at else None,
        }


def _next(manifest: Manifest, rows: Rows) -> str | None:
    """Where the next page begins."""
    return str(Place(manifest.run_id, rows.next_position)) if rows.next_position else None


def _result(result: Result) -> ResultView:
    manifest = result.manifest
    return ResultView(
        run=manifest.run_id,
        complete=manifest.complete,
        sql=manifest.sql,
        queries=[manifest.query_execution_ids.unload, manifest.query_execution_ids.csv],
        bytes_scanned=manifest.bytes_scanned,
        row_count=manifest.rows,
        parquet=[ReportObject(each.key, each.bytes) for each in manifest.parquet],
        csv=ReportObject(manifest.csv.key, manifest.csv.bytes),
        objects=result.objects,
    )


def _values(columns: Row, row: Row) -> list[Value]:
    return [_value(str(name), text) for name, text in zip(columns, row, strict=True)]


def _value(column: str, text: str | None) -> Value:
    """A device's id is a text, times are RFC 3339, all else are numbers."""
    if text is None or column == "device_id":
        return text
    if time := _TIME.fullmatch(text):
        return f"{time[1]}T{time[2]}Z"
    return int(text) if text.lstrip("-").isdecimal() else float(text)
