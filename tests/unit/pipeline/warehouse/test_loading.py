"""Loads, with the real SQL: which rows are in the warehouse after late data, retries, duplicates and refusals."""

import json

import pytest
from chalicelib.pipeline.reports.model import Kind, ManifestObject, Window
from chalicelib.pipeline.warehouse.loading import loads_of
from chalicelib.pipeline.warehouse.model import InvalidManifest, Load, State
from chalicelib.pipeline.warehouse.parking import retry_parked

from tests.unit.pipeline.warehouse.stage import BUCKET, HOUR, WORKGROUP, manifest, report_row

LOAD = Load(Kind.DEVICE_HOUR, Window.of(HOUR), "v3-5f3a-1")


def state(stage, load=LOAD):
    return stage.loads.find(load).state


def test_a_report_is_loaded(stage):
    stage.deliver(stage.write_run(3, "d1", "d2"))
    assert state(stage) == State.LOADING
    stage.end_all()
    assert state(stage) == State.LOADED
    assert stage.readings() == [("d1", 3), ("d2", 3)]
    columns = "kind, window_id, data_version, run_id, manifest_key, row_count, complete"
    assert stage.warehouse.rows(f"SELECT {columns} FROM loads") == [
        ("device_hour", HOUR, 3, "v3-5f3a-1", "manifests/device_hour/2026-11-27T17/v3-5f3a-1.json", 2, True)
    ]


@pytest.mark.parametrize(
    ("kind", "start"), [(Kind.FLEET_HOUR, HOUR), (Kind.FLEET_DAY, "2026-11-27"), (Kind.DEVICE_DAY, "2026-11-27")]
)
def test_every_kind_of_report_is_loaded(stage, kind, start):
    stage.deliver(stage.write_run(3, "d1", kind=kind, start=start))
    stage.end_all()
    assert stage.warehouse.rows(f"SELECT COUNT(*), SUM(readings) FROM {kind}") == [(1, 3)]


def test_a_late_report_replaces_the_rows_of_its_window(stage):
    for version, devices in ((3, ["d1", "d2"]), (4, ["d2", "d3"])):
        stage.deliver(stage.write_run(version, *devices))
        stage.end_all()
    stage.deliver(stage.write_run(1, "d9", start="2026-11-27T18"))
    stage.end_all()
    assert stage.readings() == [("d2", 4), ("d3", 4), ("d9", 1)]
    assert stage.warehouse.rows("SELECT window_id, data_version FROM loads ORDER BY 1") == [
        (HOUR, 4),
        ("2026-11-27T18", 1),
    ]


def test_an_older_report_never_replaces_a_newer_one(stage):
    older, newer = stage.write_run(3, "d1"), stage.write_run(4, "d2")
    stage.deliver(older)
    stage.deliver(newer)
    (first, second) = stage.statements.waiting()
    stage.end(second)
    stage.end(first)
    assert stage.readings() == [("d2", 4)]
    # And it is not sent at all once the newer one is known to be loaded.
    stage.statements.ids.clear()
    stage.deliver(older)
    assert stage.statements.waiting() == []


def test_a_report_without_rows_empties_its_window(stage):
    stage.deliver(stage.write_run(3, "d1"))
    stage.end_all()
    stage.deliver(stage.write_run(4))
    stage.end_all()
    assert stage.readings() == []
    assert state(stage) == State.LOADED


def test_a_report_with_other_rows_than_its_manifest_says_is_not_loaded(stage):
    key = stage.write_run(3, "d1", "d2")
    del stage.warehouse.s3.objects[BUCKET, f"{LOAD.prefix}d2"]
    stage.deliver(key)
    stage.end_all()
    assert stage.readings() == []
    assert "the report has 1 rows" in stage.statements.ended["statement-1"].error


def test_a_report_with_rows_of_another_window_is_not_loaded(stage):
    key = stage.write_run(3, "d1")
    row = report_row("'d1'", Window.of("2026-11-27T18"), 3)
    stage.warehouse.s3.put_parquet(BUCKET, f"{LOAD.prefix}d1", row, stage.warehouse.folder)
    stage.deliver(key)
    stage.end_all()
    assert stage.readings() == []


def test_a_failed_load_is_retried_with_backoff_and_then_parked(stage):
    stage.deliver(stage.write_run(3, "d1"))
    for _ in range(5):
        assert state(stage) == State.LOADING
        stage.end_all(error="ERROR: 1023")
        stage.retry()
    assert stage.queues.delays == [30, 60, 120, 240]
    assert state(stage) == State.PARKED
    assert stage.loads.find(LOAD).reason == "ERROR: 1023"
    # The event comes again.
    stage.end("statement-5")
    assert stage.queues.loads == []
    retry_parked(stage.loads, stage.queues)
    stage.retry()
    stage.end_all()
    assert (state(stage), stage.readings()) == (State.LOADED, [("d1", 3)])


def test_a_line_of_the_log_says_which_report_a_load_is_about_and_why_it_failed(stage):
    stage.deliver(stage.write_run(3, "d1"))
    attempt = {"kind": "device_hour", "window": HOUR, "run": LOAD.run_id, "attempt": 1}
    failed = {"state": "loading", "statement": "statement-1", "reason": "ERROR: 1023"}
    assert stage.end("statement-1", error="ERROR: 1023").log_fields == attempt | failed
    stage.retry()
    assert stage.end("statement-2").log_fields == attempt | {
        "attempt": 2,
        "state": "loaded",
        "statement": "statement-2",
    }


def test_a_lost_event_is_found_by_the_reminder(stage):
    stage.deliver(stage.write_run(3, "d1"))
    stage.remind()
    assert (state(stage), len(stage.queues.reminders)) == (State.LOADING, 1)
    stage.statements.run("statement-1")
    stage.remind()
    assert (state(stage), stage.queues.reminders) == (State.LOADED, [])


def test_a_statement_that_is_forgotten_is_sent_again(stage):
    stage.deliver(stage.write_run(3, "d1"))
    stage.statements.run("statement-1")
    stage.statements.sent.clear()
    stage.remind()
    stage.retry()
    stage.end_all()
    assert (state(stage), stage.readings()) == (State.LOADED, [("d1", 3)])


def test_statements_of_others_are_left_alone(stage):
    for name in ("", "a query", f"{WORKGROUP} load device_hour", f"other load device_hour {HOUR} v3-5f3a-1 1/5"):
        assert stage.finishing.finish("statement-9", name) is None


def test_messages_without_a_manifest():
    test_event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}
    assert loads_of({"body": json.dumps(test_event)}) == []
    for key in (
        "manifests/device_hour/2026-11-27/v3-5f3a-1.json",
        "manifests/device_hour/2026-11-27T17/v3-5f3a-1'; DROP TABLE loads; --.json",
        "manifests/other/2026-11-27T17/v3-5f3a-1.json",
        "manifests/../2026-11-27T17/v3-5f3a-1.json",
        "reports/device_hour/2026-11-27T17/v3-5f3a-1.json",
        "manifests/device_hour/2026-11-27T17/v3-5f3a-1",
    ):
        with pytest.raises(InvalidManifest):
            loads_of({"body": json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})})


@pytest.mark.parametrize(
    "changes",
    [
        {"data_version": 4},
        {"run_id": "v4-5f3a-1"},
        {"rows": 0},
        {"rows": -1},
        {"parquet": []},
        {"parquet": [ManifestObject("reports/fleet_hour/window_id=x/run_id=y/z", 1)]},
        {"parquet": [ManifestObject(f"{LOAD.prefix}a' IAM_ROLE 'b", 1)]},
    ],
)
def test_a_manifest_that_no_run_writes_is_refused(stage, changes):
    objects = [ManifestObject(f"{LOAD.prefix}d1", 1)]
    stage.manifests.manifests[LOAD.manifest_key] = manifest(LOAD, objects, **changes)
    with pytest.raises(InvalidManifest):
        stage.deliver(LOAD.manifest_key)
    assert stage.statements.sent == {}
