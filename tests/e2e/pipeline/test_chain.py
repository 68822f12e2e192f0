"""The whole chain: what a device publishes by MQTT is a row of a report in S3, and of the warehouse."""

from datetime import UTC, datetime

import msgspec

from local_aws.testing import wait_until
from tests.e2e.pipeline.operator import simulate
from tests.e2e.pipeline.schedules import start_reports


def valid_hours(stage) -> list[str]:
    """The hour of each valid message that AWS IoT has acknowledged to the test's device, by the ledger."""
    files = (stage.root / ".local" / "pipeline" / "local" / "ledger").glob("*.jsonl")
    entries = [msgspec.json.decode(line) for file in files for line in file.read_text().splitlines()]
    times = [one["event_time_ms"] for one in entries if (one["device_id"], one["expect"]) == ("chain-1", "delivered")]
    return [f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%dT%H}" for time in times]


def test_a_message_by_mqtt_is_a_row_of_a_report_and_of_the_warehouse(stage, operator, warehouse):
    simulate(stage, "chain", devices=1, rate=5, seconds=2)
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
