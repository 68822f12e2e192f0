"""A minute of messages by MQTT, until each is a row that Athena finds and is counted in the warehouse.

The devices are those of the task `simulate`, with certificates of their own. Each message that the embedded AWS has
acknowledged is in the simulation's ledger. Nothing is lost if the telemetry table and then the warehouse have as many
messages as the ledger expects to be delivered.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.app_stage import AppStage, running_app
from bench.process_tree import cpu_seconds
from bench.result import AtLeast, Limit, Result
from bench.workspace import Workspace

RATE, SECONDS, DEVICES = 5000, 60, 100
# The simulation's first and last messages are not exactly so many seconds apart.
_GOAL = RATE * 0.99
_WAIT_SECONDS = 240
# The names of the devices are `bench-` and a number.
_TELEMETRY = """
SELECT count(*) AS messages FROM (
    SELECT device_id, message_id FROM telemetry
    WHERE event_date >= '2026-01-01' AND device_id >= 'bench-' AND device_id < 'bench.'
    GROUP BY device_id, message_id
)
"""
_WAREHOUSE = "SELECT coalesce(sum(readings), 0) FROM device_hour WHERE device_id >= 'bench-' AND device_id < 'bench.'"


def measure(workspace: Workspace) -> list[Result]:
    """Let devices send, and look until everything has arrived."""
    root = workspace.pipeline_stream_checkout
    with running_app(workspace, "pipeline_app", root) as stage:
        warehouse = Warehouse(stage)
        _simulate(stage, rate=DEVICES, seconds=1)
        before = cpu_seconds(stage.pid)
        _simulate(stage, rate=RATE, seconds=SECONDS)
        ended = time.monotonic()
        cpu = cpu_seconds(stage.pid) - before
        ledger = Ledger(root)
        rows = _arrived(ledger.delivered, lambda: _rows(stage))
        rows_after = time.monotonic() - ended
        loaded = _arrived(ledger.delivered, warehouse.messages)
        loaded_after = time.monotonic() - ended
    return [
        _alone(
            "messages acknowledged by MQTT", "1/s", ledger.rate, f"{DEVICES} devices for {SECONDS} s", AtLeast(_GOAL)
        ),
        _alone("acknowledged messages without a row", "", ledger.delivered - rows, "Athena counts", Limit(0)),
        _alone("acknowledged, not in the warehouse", "", ledger.delivered - loaded, "Redshift counts", Limit(0)),
        _alone("last message until Athena finds all", "s", rows_after, "Firehose's interval is in it", None),
        _alone("last message until the warehouse has all", "s", loaded_after, "a report is in it", None),
        _alone("a message while they are sent", "µs CPU", cpu / ledger.acknowledged * 1e6, "AWS and functions", None),
    ]


def _alone(name: str, unit: str, ours: float, what: str, target: AtLeast | Limit | None) -> Result:
    return Result(name, unit, ours, None, f"none; {what}", target)


def _simulate(stage: AppStage, *, rate: int, seconds: int) -> None:
    options = {"devices": DEVICES, "rate": rate, "seconds": seconds, "name": "bench"}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    stage.deploy("task", "pipeline_app", "simulate", *words)


def _arrived(expected: int, count: Callable[[], int]) -> int:
    """Count until all have arrived, or for a few minutes."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while (found := count()) < expected and time.monotonic() < deadline:
        time.sleep(1)
    return found


class Ledger:
    """What was acknowledged, without the first second, in which the devices were made."""

    def __init__(self, root: Path) -> None:
        files = sorted(root.glob(".local/pipeline/local/ledger/*.jsonl"))
        entries = [json.loads(line) for file in files for line in file.read_bytes().splitlines()]
        self.delivered = sum(entry["expect"] == "delivered" for entry in entries)
        last = [json.loads(line)["acked_at_ms"] for line in files[-1].read_bytes().splitlines()]
        self.acknowledged = len(last)
        self.rate = len(last) / (max(last) - min(last)) * 1000


def _rows(stage: AppStage) -> int:
    """Count the messages in the telemetry table."""
    athena = stage.client("athena")
    query = athena.start_query_execution(
        QueryString=_TELEMETRY,
        WorkGroup=stage.outputs["WorkgroupName"],
        QueryExecutionContext={"Database": stage.outputs["CatalogName"]},
    )
    while True:
        execution = athena.get_query_execution(**_name_of(query))["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.2)
    rows = athena.get_query_results(**_name_of(query))["ResultSet"]["Rows"]
    return int(rows[1]["Data"][0]["VarCharValue"])


def _name_of(query: dict[str, Any]) -> dict[str, str]:
    """Return the argument that names a query."""
    return {"QueryExecutionId": query["QueryExecutionId"]}


class Warehouse:
    """The warehouse through its Data API."""

    def __init__(self, stage: AppStage) -> None:
        self._client = stage.client("redshift-data")
        name = stage.outputs["WarehouseName"]
        namespace = stage.client("redshift-serverless").get_namespace(namespaceName=name)["namespace"]
        self._database = {
            "WorkgroupName": name,
            "Database": stage.outputs["WarehouseDatabase"],
            "SecretArn": namespace["adminPasswordSecretArn"],
        }

    def messages(self) -> int:
        """Sum the messages of the hours' reports."""
        statement = self._client.execute_statement(Sql=_WAREHOUSE, **self._database)["Id"]
        while (state := self._client.describe_statement(Id=statement))["Status"] not in ("FINISHED", "FAILED"):
            time.sleep(0.2)
        if state["Status"] == "FAILED":
            raise RuntimeError(state["Error"])
        # The sum of a BIGINT is a NUMERIC, whose value is text.
        return int(self._client.get_statement_result(Id=statement)["Records"][0][0]["stringValue"])
