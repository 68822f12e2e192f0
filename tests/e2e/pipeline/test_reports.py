"""Objects of telemetry become reports, by the deployed functions, queues and queries."""

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import requests

from local_aws.testing import wait_until
from tests.e2e.pipeline.operator import APP, task
from tests.e2e.pipeline.schedules import start_reports

READINGS = """SELECT device || n // 60 AS device_id, 'm' || n AS message_id, 's' || n AS source_id,
    TIMESTAMP '{hour}' + INTERVAL 1 SECOND * (10 * (n % 60)) AS event_time, event_time AS received_at,
    20.0 + n % 7 AS temperature, 50.0 AS humidity, 1013.0 AS pressure, 0.9 AS battery
    FROM (VALUES ('{device}')) v(device), range(120) r(n)"""
KINDS = ("device_hour", "fleet_hour")


@pytest.fixture(scope="module")
def hour():
    """An hour for which no other test of the stage sends messages."""
    return (datetime.now(UTC) - timedelta(days=5)).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def reports(stage, hour):
    """The manifests of the hour's reports, once there are readings of two devices."""
    put_readings(stage, hour, "report-test-", "first")
    return built(stage, hour, 1)


def put_readings(stage, hour, device, name):
    """Write an object as Firehose does: two devices with 60 readings each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        select = READINGS.format(hour=f"{hour:%Y-%m-%d %H:%M:%S}", device=device)
        columns = ", ".join(
            f"CAST({name} AS DOUBLE) AS {name}" for name in ("temperature", "humidity", "pressure", "battery")
        )
        select = f"SELECT * REPLACE ({columns}) FROM ({select})"
        duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
        key = f"telemetry/event_date={hour:%Y-%m-%d}/event_hour={hour:%H}/{name}.parquet"
        stage.client("s3").put_object(Bucket=stage.outputs(APP)["TelemetryBucketName"], Key=key, Body=path.read_bytes())


def manifests(stage, hour):
    """The newest manifest of each kind of report on an hour."""
    s3, bucket = stage.client("s3"), stage.outputs(APP)["ReportsBucketName"]
    found = {}
    for kind in KINDS:
        for each in s3.list_objects_v2(Bucket=bucket, Prefix=f"manifests/{kind}/{hour:%Y-%m-%dT%H}/").get(
            "Contents", []
        ):
            manifest = json.loads(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read())
            if manifest["data_version"] >= found.get(kind, manifest)["data_version"]:
                found[kind] = manifest
    return found


def built(stage, hour, version):
    """Wait until both reports on an hour are built from so much data."""

    def look():
        start_reports(stage)
        return manifests(stage, hour)

    return wait_until(
        look,
        "the hour's reports",
        lambda found: len(found) == 2 and all(each["data_version"] == version for each in found.values()),
    )


def test_an_hour_of_telemetry_becomes_reports_with_a_manifest(stage, hour, reports):
    assert (reports["device_hour"]["rows"], reports["fleet_hour"]["rows"]) == (2, 1)
    manifest = reports["device_hour"]
    assert manifest["complete"]
    s3, bucket = stage.client("s3"), stage.outputs(APP)["ReportsBucketName"]
    rows = s3.get_object(Bucket=bucket, Key=manifest["csv"]["key"])["Body"].read().decode().splitlines()
    assert rows[0].startswith('"device_id","window_start","readings"')
    assert rows[1].startswith(f'"report-test-0","{hour:%Y-%m-%d %H}:00:00.000","60","0","0","0","10"')
    [written] = manifest["parquet"]
    assert s3.head_object(Bucket=bucket, Key=written["key"])["ContentLength"] == written["bytes"]


def test_a_report_can_be_read_and_followed_to_its_objects(stage, operator, hour, reports):
    manifest = reports["device_hour"]
    path = f"/reports/device_hour/{hour:%Y-%m-%dT%H}"
    report = wait_until(lambda: operator.get(path), "the report", lambda report: report and report["result"])
    assert report["rows"][0][:3] == ["report-test-0", f"{hour:%Y-%m-%dT%H}:00:00.000Z", 60]
    result = report["result"]
    assert (result["run"], result["queries"]) == (manifest["run_id"], list(manifest["query_execution_ids"].values()))
    assert result["objects"] == [f"telemetry/event_date={hour:%Y-%m-%d}/event_hour={hour:%H}/first.parquet"]
    execution = stage.client("athena").get_query_execution(QueryExecutionId=result["queries"][0])["QueryExecution"]
    assert result["sql"] in execution["Query"]
    assert f"{hour:%Y-%m-%dT%H}" in [
        listed["window"] for listed in operator.get("/reports?kind=device_hour")["reports"]
    ]


def test_throttled_queries_are_started_later(stage, hour):
    earlier = hour - timedelta(hours=1)
    url = f"{stage.document['endpoint_url']}/_quartet/faults"
    throttle = {"service": "athena", "operation": "StartQueryExecution", "action": "throttle", "count": 8}
    rule = requests.post(url, json=throttle).json()["id"]
    put_readings(stage, earlier, "report-throttled-", "first")
    assert built(stage, earlier, 1)["fleet_hour"]["rows"] == 1
    assert next(each["injected"] for each in requests.get(url).json() if each["id"] == rule) > 0


def test_a_foreign_object_is_named_until_it_is_removed_and_the_reports_are_made_again(stage, hour, operator):
    # On a day of its own: an object that cannot be read fails its day, too.
    foreign = hour - timedelta(days=1)
    window = f"{foreign:%Y-%m-%dT%H}"
    put_readings(stage, foreign, "report-foreign-", "first")
    s3, bucket = stage.client("s3"), stage.outputs(APP)["TelemetryBucketName"]
    key = f"telemetry/event_date={foreign:%Y-%m-%d}/event_hour={foreign:%H}/notes.txt"
    s3.put_object(Bucket=bucket, Key=key, Body=b"not Parquet, and longer than a footer")

    def reasons():
        start_reports(stage)
        return [one["reason"] for one in operator.get("/health")["failedReports"] if one["window"] == window]

    found = wait_until(reasons, "the reports fail", lambda found: len(found) == len(KINDS))
    assert all(f"s3://{bucket}/{key}" in reason for reason in found)

    s3.delete_object(Bucket=bucket, Key=key)
    assert window in task(stage, "replay", f"{window}:00Z", f"{window}:01Z", "--source", "objects")
    assert built(stage, foreign, 3)["fleet_hour"]["rows"] == 1
    assert reasons() == []
