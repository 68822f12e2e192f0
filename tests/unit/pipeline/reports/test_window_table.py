"""Windows and reports in DynamoDB."""

import pytest
from chalicelib.pipeline.reports.model import Kind, NotedWindow, Report, Window
from chalicelib.pipeline.reports.ports import ReportConflict
from chalicelib.pipeline.reports.window_table import WindowTable

from tests.unit.aws import aws_client

HOUR, DAY = Window("2026-11-27T17"), Window("2026-11-27")
KEY = "telemetry/event_date=2026-11-27/event_hour=17/a.parquet"


@pytest.fixture
def table(pipeline_app):
    return WindowTable(lambda: aws_client("dynamodb"), "windows")


def note(table, version="1", now=1000):
    return table.note([HOUR, DAY], f"{KEY}#{version}", now, now - 10)


def test_an_object_is_noted_once_for_its_hour_and_its_day(table):
    assert [note(table), note(table), note(table, version="2")] == [True, False, True]
    assert {noted.window: noted.data_version for noted in table.due(1000, 10)} == {HOUR: 2, DAY: 2}
    assert table.due(999, 10) == []
    assert table.objects(HOUR, 1000, 10) == table.objects(DAY, 1000, 10) == [KEY]
    assert table.objects(Window("2026-11-27T18"), 1000, 10) == []


def test_objects_that_were_written_after_a_time_are_left_out(table):
    note(table, now=1000)
    table.note([HOUR, DAY], f"{KEY}-2#1", 3000, 2000)
    assert table.objects(HOUR, 2000, 10) == [KEY]
    assert table.objects(HOUR, 2001, 10) == [KEY, f"{KEY}-2"]


def test_a_window_is_due_again_when_it_is_set_or_an_object_comes(table):
    note(table)
    table.look_again(NotedWindow(HOUR, 1), 5000)
    table.look_again(NotedWindow(DAY, 1), None)
    assert table.due(4999, 10) == []
    assert table.due(5000, 10) == [NotedWindow(HOUR, 1)]
    note(table, version="2", now=4000)
    assert {noted.window for noted in table.due(4000, 10)} == {HOUR, DAY}


def test_a_window_with_newer_objects_is_not_closed(table):
    note(table)
    note(table, version="2")
    for at in (None, 9000):
        with pytest.raises(ReportConflict):
            table.look_again(NotedWindow(HOUR, 1), at)
    assert len(table.due(1000, 10)) == 2


def test_a_report_is_written_over_the_revision_that_was_read(table):
    first = Report(Kind.DEVICE_HOUR, HOUR).changed(reason="first")
    table.save(first)
    with pytest.raises(ReportConflict):
        table.save(first)
    second = first.changed(built_version=3)
    table.save(second)
    with pytest.raises(ReportConflict):
        table.save(second)
    assert table.reports(HOUR) == {Kind.DEVICE_HOUR: second}
    assert table.get(Kind.DEVICE_HOUR, HOUR) == second
    assert table.get(Kind.FLEET_HOUR, HOUR) is None


def test_reports_are_listed_by_kind_the_newest_first(table):
    windows = [Window(f"2026-11-27T{hour:02}") for hour in range(5)]
    for window in windows:
        table.save(Report(Kind.DEVICE_HOUR, window).changed())
    table.save(Report(Kind.FLEET_HOUR, HOUR).changed())
    first = table.page(Kind.DEVICE_HOUR, ("2026-11-27T01", "2026-11-27T04"), 3, None)
    second = table.page(Kind.DEVICE_HOUR, ("2026-11-27T01", "2026-11-27T04"), 3, first.next_after)
    assert [report.window for report in first.items + second.items] == windows[:0:-1]
    assert second.next_after is None
    assert table.page(Kind.DEVICE_HOUR, ("b", "a"), 3, None).items == []


def test_a_window_is_made_again_if_objects_were_noted(table):
    assert not table.remake(HOUR, 1000)
    note(table)
    table.look_again(NotedWindow(HOUR, 1), None)
    assert table.remake(HOUR, 2000)
    assert NotedWindow(HOUR, 2) in table.due(2000, 10)


def test_a_window_is_made_again_without_the_pauses_between_runs(table):
    note(table)
    table.save(Report(Kind.DEVICE_HOUR, HOUR, last_started_at=1000, attempts=1, retry_at=9000).changed())
    assert table.remake(HOUR, 2000)
    report = table.get(Kind.DEVICE_HOUR, HOUR)
    assert (report.last_started_at, report.retry_at) == (0, 0)
