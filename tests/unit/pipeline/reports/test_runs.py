"""A report is made when its window is over, again for late data, and after every failure that can pass."""

from itertools import pairwise

import pytest
from chalicelib.pipeline.reports.model import Kind, NotedWindow, Report

from tests.unit.pipeline.reports.stage import DAY, HOUR, MINUTE, SCHEDULE, WINDOW, Stage

HOURLY = Kind.DEVICE_HOUR


@pytest.fixture
def stage():
    return Stage()


def build(stage):
    """Let the hour end, and its reports be made."""
    stage.note()
    stage.clock.now = WINDOW.ends_ms + SCHEDULE.grace_ms
    stage.tick()
    stage.end_all()
    stage.end_all()


def test_a_window_that_is_over_is_built_by_two_queries_and_a_manifest(stage):
    build(stage)
    report = stage.report(HOURLY)
    assert (report.state, report.built_version) == ("built", 1)
    manifest = stage.bucket.manifests[f"manifests/device_hour/2026-11-27T17/{report.built_run}.json"]
    assert (manifest.rows, manifest.bytes_scanned, manifest.complete) == (3, 200, True)
    assert [written.key for written in manifest.parquet] == [
        f"reports/device_hour/window_id=2026-11-27T17/run_id={report.built_run}/data"
    ]
    assert manifest.csv.key == f"results/{manifest.query_execution_ids.csv}.csv"


def test_a_finished_window_is_not_looked_at_until_the_next_object(stage):
    build(stage)
    assert WINDOW in stage.windows.checks
    stage.tick(SCHEDULE.lost_ms // MINUTE)
    assert WINDOW not in stage.windows.checks
    assert stage.note(number=2) == 1
    assert WINDOW in stage.windows.checks


def test_a_provisional_report_is_made_while_the_window_is_open(stage):
    stage.note()
    stage.tick(14)
    assert stage.queries.executions == {}
    stage.tick(1)
    stage.end_all()
    stage.end_all()
    [manifest] = [each for each in stage.bucket.manifests.values() if each.kind == HOURLY]
    assert not manifest.complete


def test_late_data_makes_the_window_again_but_not_at_once(stage):
    build(stage)
    stage.note(number=2)
    stage.tick(1)
    assert stage.report(HOURLY).state == "built"
    stage.tick(SCHEDULE.late_ms // MINUTE)
    stage.end_all()
    stage.end_all()
    assert stage.report(HOURLY).built_version == 2


def test_an_hour_that_gets_late_data_all_the_time_is_made_some_fifty_times():
    starts = [WINDOW.ends_ms + SCHEDULE.grace_ms]
    # The delivery takes messages of the last seven days.
    while starts[-1] < WINDOW.ends_ms + 7 * 24 * HOUR:
        built = Report(HOURLY, WINDOW, last_started_at=starts[-1], built_version=len(starts))
        starts.append(SCHEDULE.due_ms(NotedWindow(WINDOW, len(starts) + 1), built))
    assert len(starts) <= 52
    ages_and_pauses = [(start - WINDOW.ends_ms, later - start) for start, later in pairwise(starts)]
    assert all(SCHEDULE.late_ms <= pause <= max(SCHEDULE.late_ms, age * 0.12) for age, pause in ages_and_pauses)


def test_an_overwritten_object_is_new_data_and_a_repeated_event_is_not(stage):
    assert [stage.note(version="1"), stage.note(version="1"), stage.note(version="2")] == [1, 0, 1]
    assert stage.windows.noted == {WINDOW: 2, DAY: 2}


def test_a_failed_query_is_tried_again_later_with_another_run(stage):
    stage.note()
    stage.clock.now = WINDOW.ends_ms + SCHEDULE.grace_ms
    stage.tick()
    first = stage.report(HOURLY).run.id
    stage.end_all("FAILED", "GENERIC_INTERNAL_ERROR")
    report = stage.report(HOURLY)
    assert (report.state, report.attempts, report.reason) == ("waiting", 1, "unload: GENERIC_INTERNAL_ERROR")
    assert report.retry_at == stage.clock.now + SCHEDULE.first_retry_ms
    stage.tick(2)
    assert stage.report(HOURLY).run.id != first
    stage.end_all()
    stage.end_all()
    assert stage.report(HOURLY).state == "built"


def fail_for_good(stage):
    stage.note()
    stage.clock.now = WINDOW.ends_ms + SCHEDULE.grace_ms
    for _ in range(SCHEDULE.most_attempts):
        stage.tick(10)
        stage.end_all("FAILED", "HIVE_BAD_DATA: no Parquet")


def test_a_report_that_fails_for_good_is_parked_with_its_reason(stage):
    fail_for_good(stage)
    report = stage.report(HOURLY)
    assert (report.state, report.reason) == ("parked", "unload: HIVE_BAD_DATA: no Parquet")
    started = len(stage.queries.executions)
    stage.tick(60)
    assert len([query for query in stage.queries.executions.values() if "device_hour" in query.sql]) * 4 >= started


def test_new_data_takes_a_parked_report_up_again(stage):
    fail_for_good(stage)
    stage.note(number=2)
    stage.tick(60)
    stage.end_all()
    stage.end_all()
    assert stage.report(HOURLY).state == "built"


def test_queries_that_are_not_taken_do_not_count_as_failures(stage):
    stage.note()
    stage.clock.now = WINDOW.ends_ms + SCHEDULE.grace_ms
    stage.queries.busy = True
    assert stage.tick().busy
    stage.queries.busy = False
    stage.tick(3)
    stage.end_all()
    stage.end_all()
    assert (stage.report(HOURLY).state, stage.report(HOURLY).built_run[-2:]) == ("built", "-1")


def test_a_refused_query_counts_as_a_failure(stage):
    stage.note()
    stage.queries.refused = True
    stage.clock.now = WINDOW.ends_ms + SCHEDULE.grace_ms
    for _ in range(SCHEDULE.most_attempts):
        stage.tick(10)
    assert stage.report(HOURLY).state == "parked"


def test_a_lost_event_is_found(stage):
    stage.note()
    stage.clock.now = WINDOW.ends_ms + SCHEDULE.grace_ms
    stage.tick()
    for _ in range(2):
        for query_id in stage.queries.running():
            stage.queries.end(query_id, "SUCCEEDED")
        stage.tick(3)
    assert stage.report(HOURLY).state == "built"


def test_a_query_that_hangs_is_cancelled_and_tried_again(stage):
    stage.note()
    stage.clock.now = WINDOW.ends_ms + SCHEDULE.grace_ms
    stage.tick()
    stage.tick(31)
    stage.tick(3)
    report = stage.report(HOURLY)
    assert (report.attempts, report.reason) == (1, "unload: CANCELLED")


def test_events_of_other_queries_and_of_given_up_runs_change_nothing(stage):
    build(stage)
    before = dict(stage.windows.saved)
    stage.queries.executions["other"] = stage.queries.executions["query-0"].__class__("other", "SELECT 1", "SUCCEEDED")
    assert stage.deliver("other")
    for query_id in list(stage.queries.executions):
        assert stage.deliver(query_id)
    assert stage.windows.saved == before


def test_the_day_is_built_from_the_objects_of_its_hours(stage):
    stage.note(hour="00")
    stage.note(hour="23")
    stage.clock.now = DAY.ends_ms + HOUR
    stage.tick()
    stage.end_all()
    stage.end_all()
    assert stage.report(Kind.FLEET_DAY, DAY).built_version == 2


def test_an_event_of_an_earlier_run_does_not_fail_the_current_one(stage):
    stage.note()
    stage.clock.now = WINDOW.ends_ms + SCHEDULE.grace_ms
    stage.tick()
    stage.end_all("FAILED", "any reason")
    stage.tick(2)
    running = stage.report(HOURLY)
    for query_id in stage.queries.events:
        assert stage.deliver(query_id)
    assert stage.report(HOURLY) == running
