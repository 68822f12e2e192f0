"""A report whose manifest arrives in S3 is a row of the warehouse, by the deployed functions and their roles."""

import json

import duckdb

from local_aws.testing import wait_until
from tests.e2e.pipeline.operator import APP

# Longer ago than messages are taken, so that no report of other tests replaces this one.
WINDOW, VERSIONS = "2026-01-05T05", (1, 2)


def write_run(stage, folder, version: int) -> None:
    """Write a run's Parquet object and manifest: one device with `version` readings."""
    s3, bucket = stage.client("s3"), stage.outputs(APP)["ReportsBucketName"]
    run, path = f"v{version}-0e2e-1", folder / f"{version}.parquet"
    start, numbers = "TIMESTAMP '2026-01-05 05:00:00'", [version, 0, 0, 0, 0, 0]
    values = ["'warehouse-test'", start, *[f"CAST({n} AS BIGINT)" for n in numbers], start, start]
    values += ["CAST(21.5 AS DOUBLE)"] * 13
    columns = ", ".join(f"{value} AS c{number}" for number, value in enumerate(values))
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns}) TO '{path}' (FORMAT parquet)")
    key = f"reports/device_hour/window_id={WINDOW}/run_id={run}/one"
    s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    manifest = {
        "kind": "device_hour",
        "window": WINDOW,
        "run_id": run,
        "data_version": version,
        "sql_version": "0e2e",
        "complete": True,
        "rows": 1,
        "bytes_scanned": 0,
        "input_objects": version,
        "query_execution_ids": {"unload": "u", "csv": "c"},
        "parquet": [{"key": key, "bytes": path.stat().st_size}],
        "csv": {"key": "results/c.csv", "bytes": 1},
        "finished_at": "2026-11-26T06:10:00.000Z",
        "sql": "SELECT 1",
    }
    target = f"manifests/device_hour/{WINDOW}/{run}.json"
    s3.put_object(Bucket=bucket, Key=target, Body=json.dumps(manifest).encode())


def loaded(warehouse) -> list[tuple[object, ...]]:
    sql = "SELECT readings, temperature_mean FROM device_hour WHERE device_id = :device"
    return [tuple(row.values()) for row in warehouse.rows(sql, {"device": "warehouse-test"})]


def test_a_report_is_loaded_and_a_late_one_replaces_it(stage, warehouse, tmp_path):
    for version in VERSIONS:
        write_run(stage, tmp_path, version)
        wait_until(lambda: loaded(warehouse), "the load", lambda rows: rows == [(version, 21.5)])  # noqa: B023
    key = {"kind": {"S": "device_hour"}, "window_id": {"S": WINDOW}}
    table = stage.outputs(APP)["LoadsTableName"]
    read = lambda: stage.client("dynamodb").get_item(TableName=table, Key=key)["Item"]  # noqa: E731
    item = wait_until(read, "the load is noted", lambda found: found["state"]["S"] == "loaded")
    assert item["data_version"]["N"] == "2"
    for queue in ("ManifestsQueueUrl", "LoadEventsQueueUrl"):
        wait_until(lambda: in_flight(stage, queue), "no message has failed", lambda number: number == 0)  # noqa: B023


def in_flight(stage, queue: str) -> int:
    """How many messages were received and are not deleted: a message that has failed waits for its next attempt."""
    name = "ApproximateNumberOfMessagesNotVisible"
    url = stage.outputs(APP)[queue]
    return int(stage.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])
