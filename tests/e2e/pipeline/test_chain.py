"""The whole chain: what a device publishes by MQTT is a row of a report in S3, and of the warehouse."""

from datetime import UTC, datetime
from functools import partial

import msgspec
import pytest

from local_aws.testing import wait_until
from tests.apps import put_on_path
from tests.e2e.pipeline.operator import APP, Operator
from tests.e2e.pipeline.test_reports import start_reports


@pytest.fixture(scope="module")
def operator(stage):
    return Operator(stage)


@pytest.fixture(scope="module")
def warehouse(stage):
    """The warehouse, as its administrator."""
    put_on_path("pipeline_app")
    from chalicelib.pipeline.composition import Operator as AppOperator  # noqa: PLC0415 - after the path is set

    return AppOperator(partial(stage.client), stage.outputs(APP)).warehouse


def valid_hours(stage) -> list[str]:
    """The hour of each valid message that AWS IoT has acknowledged to the test's device, by the ledger."""
    files = (stage.root / ".local" / "pipeline" / "local" / "ledger").glob("*.jsonl")
    entries = [msgspec.json.decode(line) for file in files for line in file.read_text().splitlines()]
    times = [one["event_time_ms"] for one in entries if (one["device_id"], one["expect"]) == ("chain-1", "delivered")]
    return [f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%dT%H}" for time in times]


def test_a_message_by_mqtt_is_a_row_of_a_report_and_of_the_warehouse(stage, operator, warehouse):
    sent = stage.deploy("task", APP, "simulate", "--devices", "1", "--name", "chain", "--rate", "5", "--seconds", "2")
    assert sent.returncode == 0, sent.stdout + sent.stderr
    hours = valid_hours(stage)
    assert hours

    def in_reports() -> int:
        start_reports(stage)
        reports = [operator.get(f"/reports/device_hour/{hour}?limit=500") for hour in set(hours)]
        rows = [dict(zip(one["columns"], row, strict=True)) for one in reports if one for row in one["rows"]]
        return sum(int(row["readings"]) for row in rows if row["device_id"] == "chain-1")

    wait_until(in_reports, "every message is in a report", lambda count: count == len(hours))

    def in_warehouse() -> int:
        sql = "SELECT coalesce(sum(readings), 0) AS readings FROM device_hour WHERE device_id = :device"
        return sum(int(row["readings"]) for row in warehouse.rows(sql, {"device": "chain-1"}))

    wait_until(in_warehouse, "every message is in the warehouse", lambda count: count == len(hours))
    assert operator.get("/devices/chain-1")["measuredAt"]
