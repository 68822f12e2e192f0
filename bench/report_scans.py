"""Bytes that Athena scans for a report: with 30 days of telemetry beside 1 day, and an hour beside a day.

The table is that of pipeline_app's template, and the SQL is that of its reports. The embedded Athena counts the bytes
of the objects in the partitions that a query's conditions leave, as Athena does of the columns that it reads.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench import telemetry_records
from bench.functions import template
from bench.result import Ratio, Result
from bench.servers import Running, embedded_aws
from bench.workspace import Workspace
from local_aws.testing import wait_until

_LAST = date(2026, 11, 27)
_VALUES = {
    ":event_date": f"'{_LAST}'",
    ":event_hour": "17",
    ":window_start": f"TIMESTAMP '{_LAST} 17:00:00'",
}
_NAME = "bench-telemetry"


def measure(workspace: Workspace) -> list[Result]:
    """Run each kind of report once with one day of objects, and again with a month's."""
    with embedded_aws(workspace) as server:
        athena = _Athena(server, workspace.pipeline_app)
        athena.put(_LAST)
        day = {kind: athena.kilobytes(kind) for kind in athena.kinds}
        for days in range(1, 30):
            athena.put(_LAST - timedelta(days=days))
        month = {kind: athena.kilobytes(kind) for kind in athena.kinds}
    reference = "the same report with 1 day of telemetry"
    return [
        *(
            Result(f"scanned for {kind}, 30 days of telemetry", "kB", month[kind], day[kind], reference, Ratio(1))
            for kind in month
        ),
        _beside_a_day(month),
    ]


def _beside_a_day(month: dict[str, float]) -> Result:
    name = "scanned for device_hour, beside device_day"
    return Result(name, "kB", month["device_hour"], month["device_day"], "the report of the whole day", Ratio(1 / 20))


class _Athena:
    """The telemetry's table in an embedded AWS."""

    def __init__(self, server: Running, app: Path) -> None:
        self._athena, self._s3 = server.client("athena"), server.client("s3")
        self._sql = {path.stem: path.read_text() for path in sorted(app.glob("chalicelib/pipeline/reports/sql/*.sql"))}
        self._s3.create_bucket(Bucket=_NAME)
        table = template(app)["Resources"]["TelemetryTable"]["Properties"]["TableInput"]
        table["StorageDescriptor"]["Location"] = f"s3://{_NAME}/telemetry/"
        glue = server.client("glue")
        glue.create_database(DatabaseInput={"Name": "bench"})
        glue.create_table(DatabaseName="bench", TableInput=table)
        columns = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
        self._object = _parquet(columns)

    @property
    def kinds(self) -> list[str]:
        """The kinds of reports."""
        return list(self._sql)

    def put(self, day: date) -> None:
        """Put an object of each hour of a day. All have the same bytes."""
        for hour in range(24):
            key = f"telemetry/event_date={day}/event_hour={hour:02}/readings.parquet"
            self._s3.put_object(Bucket=_NAME, Key=key, Body=self._object)

    def kilobytes(self, kind: str) -> float:
        """Make one report, and return what was scanned for it."""
        sql = self._sql[kind]
        for placeholder, value in _VALUES.items():
            sql = sql.replace(placeholder, value)
        started = self._athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": "bench"},
            ResultConfiguration={"OutputLocation": f"s3://{_NAME}/results/"},
        )
        execution = wait_until(lambda: self._finished(started["QueryExecutionId"]))
        if execution["Status"]["State"] != "SUCCEEDED":
            raise RuntimeError(f"{kind}: {execution['Status']}")
        return float(execution["Statistics"]["DataScannedInBytes"] / 1000)

    def _finished(self, query_id: str) -> Any:
        execution = self._athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        return None if execution["Status"]["State"] in ("QUEUED", "RUNNING") else execution


def _parquet(columns: list[tuple[str, str]]) -> bytes:
    """Write an hour of a few devices as Firehose does."""
    from local_aws.sql.parquet import Converter  # noqa: PLC0415 - it imports DuckDB

    body, wrong = Converter(columns, "SNAPPY").convert(list(telemetry_records.rows(600, devices=10)))
    if wrong:
        raise RuntimeError(f"{len(wrong)} rows are not of the table's types")
    return body
