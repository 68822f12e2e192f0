"""Records of the stream become Parquet in S3 or files of quarantine, by the deployed delivery stream."""

import json
import time

import duckdb

from local_aws.testing import wait_until
from tests.e2e.pipeline.operator import APP, envelope, task

DEVICE = "delivery-test"


def rows(stage, tmp_path) -> list[tuple[str, str, float]]:
    """The rows of the device in the telemetry bucket, with the folders that they are in."""
    s3, bucket = stage.client("s3"), stage.outputs(APP)["TelemetryBucketName"]
    for item in s3.list_objects_v2(Bucket=bucket, Prefix="telemetry/").get("Contents", []):
        path = tmp_path / item["Key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, item["Key"], str(path))
    if not list(tmp_path.rglob("*.parquet")):
        return []
    files = f"read_parquet('{tmp_path}/telemetry/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)"
    hour = "strftime(event_time, '%Y-%m-%d %H')"
    query = f"SELECT message_id, {hour}, event_date || ' ' || event_hour, temperature FROM {files}"
    return duckdb.sql(f"{query} WHERE device_id = '{DEVICE}' ORDER BY message_id").fetchall()


def test_each_record_is_delivered_dropped_or_quarantined(stage, operator, tmp_path):
    now = int(time.time() * 1000)
    yesterday = now - 86_400_000
    good = {"time": now, "measurements": {"temperature": 21.5}}
    operator.put_records(
        [
            envelope(DEVICE, {"id": "m-1", **good}),
            envelope(DEVICE, {"id": "m-2", **good, "time": yesterday}),
            envelope(DEVICE, {"id": "m-3", **good, "measurements": {"temperature": "hot"}}),
            envelope(DEVICE, {"id": "m-4", "time": now}),
            envelope(
                DEVICE, {"id": "m-5", **good, "units": {"temperature": "K"}, "measurements": {"temperature": 300}}
            ),
        ]
    )
    found = wait_until(lambda: rows(stage, tmp_path), "the rows", lambda found: len(found) >= 3)
    assert [(message, temperature) for message, _, _, temperature in found] == [
        *[("m-1", 21.5), ("m-2", 21.5), ("m-5", 26.85)]
    ]
    # The partition is that of the event.
    assert all(hour == folder for _, hour, folder, _ in found)
    assert found[0][1] != found[1][1]

    s3, bucket = stage.client("s3"), stage.outputs(APP)["QuarantineBucketName"]
    files = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="quarantine/wrong_type/")["Contents"]]
    lines = [line for key in files for line in s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()]
    (kept,) = (record for record in map(json.loads, lines) if record["device_id"] == DEVICE)
    assert "$.measurements.temperature" in kept["detail"]

    listed = task(stage, "quarantine", "list", "wrong_type/")
    assert all(key.removeprefix("quarantine/") in listed for key in files)
    assert "put into the stream again" in task(stage, "quarantine", "release", "wrong_type/")
    # The rule is the same, so the record is quarantined again.
    wait_until(lambda: "wrong_type/" in task(stage, "quarantine", "list"), "the record is quarantined again")
