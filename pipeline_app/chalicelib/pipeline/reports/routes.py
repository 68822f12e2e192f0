"""The routes of reports."""

from chalice.app import Response
from chalicelib.pipeline.composition import PipelineApp
from chalicelib.pipeline.errors import ReportNotFound
from chalicelib.pipeline.reports.model import Kind, ReportKind, WindowStart
from chalicelib.pipeline.reports.views import (
    CSV_LIMIT,
    DEFAULT_LIMIT,
    CsvQuery,
    ReportList,
    ReportsQuery,
    ReportView,
    RowsQuery,
)

from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

FIRST, LAST = "0000", "9999-99"
routes = Routes[PipelineApp]()


@routes.route(
    "GET",
    "/reports",
    summary="List the reports",
    query=ReportsQuery,
    returns={200: ResponseSpec(ReportList, ("Link",))},
)
def list_reports(pipeline_app: PipelineApp, request: ApiRequest, query: ReportsQuery) -> Response:
    """Returns a page of the reports of one kind, `fleet_hour` without `kind`, the newest window first.

    Windows without telemetry have no report. If there are more reports, `Link` has the address of the next page.
    """
    views, path = pipeline_app.report_views, "/reports"
    between = query.first or FIRST, query.last or LAST
    page = pipeline_app.report_windows.page(
        Kind(query.kind or Kind.FLEET_HOUR), between, query.limit or DEFAULT_LIMIT, views.position(path, query)
    )
    return views.reports(path, query, page)


@routes.route(
    "GET",
    "/reports/{kind}/{window}",
    summary="Get a report",
    query=RowsQuery,
    returns={200: ResponseSpec(ReportView, ("Link",))},
    raises=(ReportNotFound,),
)
def get_report(
    pipeline_app: PipelineApp, request: ApiRequest, query: RowsQuery, kind: ReportKind, window: WindowStart
) -> Response:
    """Returns a report with a page of its rows, and what they come from: the SQL, the queries and the objects.

    If there are more rows, `Link` has the address of the next page.
    """
    views, reading = pipeline_app.report_views, pipeline_app.report_reading
    report = reading.find(kind, window)
    path = f"/reports/{report.kind}/{report.window.start}"
    result = reading.result(report, views.position(path, query), query.limit or DEFAULT_LIMIT)
    return views.report(path, query, report, result)


@routes.route(
    "GET",
    "/reports/{kind}/{window}/csv",
    summary="Get a report's rows as CSV",
    query=CsvQuery,
    returns={200: ResponseSpec(None, ("Link",), csv=True)},
    raises=(ReportNotFound,),
)
def get_report_csv(
    pipeline_app: PipelineApp, request: ApiRequest, query: CsvQuery, kind: ReportKind, window: WindowStart
) -> Response:
    """Returns rows as a document that a spreadsheet can open: no cell is a formula.

    If there are more rows, `Link` has the address of the next part.
    """
    views, reading = pipeline_app.report_views, pipeline_app.report_reading
    report = reading.find(kind, window)
    path = f"/reports/{report.kind}/{report.window.start}/csv"
    page = reading.rows(report, views.position(path, query), query.limit or CSV_LIMIT)
    if page is None:
        raise ReportNotFound("The report has no result yet.")
    return views.csv(path, query, report, *page)
