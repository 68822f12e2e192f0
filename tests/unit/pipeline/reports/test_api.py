"""Reports over HTTP."""

import csv
import io

import pytest
from chalicelib.pipeline.reports.model import Kind, Report, Window

from tests.unit.pipeline.stage import NOON, TELEMETRY_KEY, built_report

PATH = "/reports/device_hour/2026-11-27T17"


def test_a_report_shows_its_rows_and_what_they_come_from(pipeline_app):
    built_report(pipeline_app, ('"sensor-07","60"', '"sensor-08",'))
    report = pipeline_app.call("GET", PATH).json
    assert (report["state"], report["columns"]) == ("built", ["device_id", "readings"])
    assert report["rows"] == [["sensor-07", 60], ["sensor-08", None]]
    result = report["result"]
    assert (result["sql"], result["queries"], result["bytesScanned"]) == ("SELECT 1", ["query-1", "query-2"], 4096)
    assert result["objects"] == [TELEMETRY_KEY]
    assert [written["key"] for written in result["parquet"]] == [
        "reports/device_hour/window_id=2026-11-27T17/run_id=v1-3fa9c0de-1/data"
    ]


def test_a_report_lists_no_objects_that_came_after_its_run(pipeline_app):
    built_report(pipeline_app)
    windows, later = [Window("2026-11-27T17"), Window("2026-11-27")], NOON + 2 * 3_600_000
    pipeline_app.module.pipeline_app.report_windows.note(windows, f"{TELEMETRY_KEY}-2#1", later, later)
    assert pipeline_app.call("GET", PATH).json["result"]["objects"] == [TELEMETRY_KEY]


@pytest.mark.parametrize("path", [PATH, f"{PATH}/csv"])
def test_rows_come_by_page(pipeline_app, path):
    built_report(pipeline_app, tuple(f'"sensor-{number}","{number}"' for number in range(7)))
    page, devices = f"{path}?limit=3", []
    while page:
        response = pipeline_app.call("GET", page)
        if path == PATH:
            devices += [row[0] for row in response.json["rows"]]
        else:
            names, *rows = csv.reader(io.StringIO(response.body.decode()))
            assert names == ["device_id", "readings"]
            devices += [row[0] for row in rows]
        page = response.next
    assert devices == [f"sensor-{number}" for number in range(7)]


@pytest.mark.parametrize("path", [PATH, f"{PATH}/csv"])
def test_the_pages_of_a_list_are_of_one_run(pipeline_app, path):
    built_report(pipeline_app, ('"sensor-1","1"', '"sensor-2","2"'))
    second_page = pipeline_app.call("GET", f"{path}?limit=1").next
    built_report(pipeline_app, ('"a-new-sensor","9"', '"sensor-1","10"', '"sensor-2","20"'), version=2)
    response = pipeline_app.call("GET", second_page)
    assert response.status == 200
    if path == PATH:
        assert (response.json["rows"], response.json["result"]["run"]) == ([["sensor-2", 2]], "v1-3fa9c0de-1")
    else:
        assert response.body.decode().splitlines()[1:] == ['"sensor-2","2"']
    assert response.next is None


def test_a_csv_document_has_no_formulas_and_a_name(pipeline_app):
    built_report(pipeline_app, ('"=HYPERLINK(""http://example.com"")","-5.25"',))
    response = pipeline_app.call("GET", f"{PATH}/csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="device_hour-2026-11-27T17.csv"'
    assert response.body.decode().splitlines()[1] == '"\'=HYPERLINK(""http://example.com"")","-5.25"'


def test_a_report_without_a_result_says_why(pipeline_app):
    parked = Report(Kind.FLEET_DAY, Window("2026-11-27")).changed(parked_version=1, reason="unload: HIVE_BAD_DATA")
    pipeline_app.module.pipeline_app.report_windows.save(parked)
    report = pipeline_app.call("GET", "/reports/fleet_day/2026-11-27").json
    assert (report["state"], report["reason"]) == ("parked", "unload: HIVE_BAD_DATA")
    assert (report["result"], report["rows"], report["builtAt"]) == (None, [], None)
    assert pipeline_app.call("GET", "/reports/fleet_day/2026-11-27/csv").status == 404


def test_reports_are_listed_by_kind_and_window(pipeline_app):
    windows = pipeline_app.module.pipeline_app.report_windows
    for hour in range(4):
        windows.save(Report(Kind.FLEET_HOUR, Window(f"2026-11-27T{hour:02}")).changed())
    page, listed = "/reports?from=2026-11-27T01&limit=2", []
    while page:
        response = pipeline_app.call("GET", page)
        listed += [report["window"] for report in response.json["reports"]]
        page = response.next
    assert listed == ["2026-11-27T03", "2026-11-27T02", "2026-11-27T01"]
    assert pipeline_app.call("GET", "/reports?kind=device_day").json == {"reports": []}


@pytest.mark.parametrize(
    "path",
    [
        "/reports/device_hour/2026-11-27T18",
        "/reports/device_hour/2026-11-27",
        "/reports/device_hour/2026-11-27T99",
        "/reports/device_week/2026-11-27",
        "/reports/device_hour/%2E%2E%2F2026",
        "/reports/device_hour/2026-11-27T18/csv",
    ],
)
def test_what_is_no_report_is_not_found(pipeline_app, path):
    built_report(pipeline_app)
    response = pipeline_app.call("GET", path)
    assert (response.status, response.json["type"].rpartition(":")[2]) == (404, "report-not-found")


def test_a_cursor_of_another_report_is_refused(pipeline_app):
    built_report(pipeline_app, ('"a","1"', '"b","2"'))
    link = pipeline_app.call("GET", f"{PATH}?limit=1").next
    assert pipeline_app.call("GET", link.replace(PATH, f"{PATH}/csv")).status == 400
