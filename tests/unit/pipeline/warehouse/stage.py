"""The warehouse's use cases in one process: the real SQL on the embedded engine, everything else fakes."""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.pipeline.reports.model import Kind, Manifest, ManifestObject, QueryIds, Window
from chalicelib.pipeline.warehouse.finishing import Finishing, ended_statement_of
from chalicelib.pipeline.warehouse.loading import Loading, loads_of
from chalicelib.pipeline.warehouse.migrating import Migrating
from chalicelib.pipeline.warehouse.model import InvalidManifest, Load, LoadRecord, State
from chalicelib.pipeline.warehouse.ports import SentStatement, StatementFailed

from local_aws.sql.redshift.database import TransactionFailed
from local_aws.sql.redshift.privileges import Identity
from local_aws.tests.redshift_engine import ROLE, Warehouse

WORKGROUP, BUCKET = "pipeline-test", "reports"
LOADER = Identity("IAMR:load", roles=("loader",))
HOUR = "2026-11-27T17"


class Crash(Exception):
    """The function ends here."""


class FakeSql:
    """Sql on the engine, as the administrator."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        # Runs once, before the next transaction: another program's work.
        self.meanwhile: Callable[[], None] | None = None

    def run(self, sqls: Sequence[str], parameters: Mapping[str, str]) -> None:
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        try:
            self.warehouse.execute(*sqls, **parameters)
        except TransactionFailed as failure:
            raise StatementFailed(str(failure)) from failure

    def rows(self, sql: str, parameters: Mapping[str, str]) -> Iterable[Mapping[str, object]]:
        (outcome,) = self.warehouse.execute(sql, **parameters)
        return [dict(zip([name for name, _ in outcome.columns], row, strict=True)) for row in outcome.rows]


class FakeMigrated:
    """Remembers a digest."""

    def __init__(self) -> None:
        self.digest = ""

    def read(self) -> str:
        return self.digest

    def write(self, digest: str) -> None:
        self.digest = digest


class FakeStatements:
    """Statements that run on the engine when `run_all` is called; each may fail, and be forgotten."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse, self._numbers = warehouse, itertools.count(1)
        self.sent: dict[str, tuple[Sequence[str], Mapping[str, str], str]] = {}
        self.ids: dict[str, str] = {}
        self.ended: dict[str, SentStatement] = {}

    def send(self, sqls: Sequence[str], parameters: Mapping[str, str], *, name: str, token: str) -> str:
        if token not in self.ids:
            self.ids[token] = f"statement-{next(self._numbers)}"
            self.sent[self.ids[token]] = (sqls, parameters, name)
        return self.ids[token]

    def find(self, statement_id: str) -> SentStatement | None:
        if statement_id not in self.sent:
            return None
        return self.ended.get(statement_id, SentStatement(statement_id, "STARTED"))

    def run(self, statement_id: str, error: str = "") -> tuple[str, str]:
        """Run a statement, or fail it; returns what its event says."""
        sqls, parameters, name = self.sent[statement_id]
        if statement_id not in self.ended:
            try:
                if not error:
                    self._warehouse.execute(*sqls, user=LOADER, **parameters)
            except TransactionFailed as failure:
                error = str(failure)
            self.ended[statement_id] = SentStatement(statement_id, "FAILED" if error else "FINISHED", error)
        return statement_id, name

    def waiting(self) -> list[str]:
        return [each for each in self.sent if each not in self.ended]


class FakeManifests:
    """Manifests in memory."""

    def __init__(self) -> None:
        self.manifests: dict[str, Manifest] = {}

    def read(self, key: str) -> Manifest:
        if key not in self.manifests:
            raise InvalidManifest(key)
        return self.manifests[key]


class FakeLoads:
    """Loads in memory, with the table's condition."""

    def __init__(self) -> None:
        self.records: dict[tuple[Kind, Window], LoadRecord] = {}

    def find(self, load: Load) -> LoadRecord | None:
        return self.records.get((load.kind, load.window))

    def note(self, load: Load, state: State, *, statement_id: str = "", reason: str = "") -> bool:
        known = self.find(load)
        if known:
            old, new = (known.load.data_version, known.load.attempt), (load.data_version, load.attempt)
            if old > new or (old == new and known.state != State.LOADING):
                return False
        self.records[load.kind, load.window] = LoadRecord(load, state, statement_id, reason)
        return True

    def parked(self) -> list[LoadRecord]:
        return [record for record in self.records.values() if record.state == State.PARKED]


class FakeQueues:
    """Both queues: bodies of messages, which may be delivered in any order."""

    def __init__(self) -> None:
        self.loads: list[dict[str, Any]] = []
        self.delays: list[int] = []
        self.reminders: list[dict[str, Any]] = []

    def load_later(self, load: Load, delay_seconds: int) -> None:
        order = {"manifest_key": load.manifest_key, "attempt": load.attempt, "last_attempt": load.last_attempt}
        self.loads.append(order)
        self.delays.append(delay_seconds)

    def look_later(self, statement_id: str, name: str) -> None:
        self.reminders.append({"statementId": statement_id, "statementName": name})


class Stage:
    """A migrated warehouse, and runs whose manifests arrive."""

    def __init__(self, folder: Path, like: "Stage | None" = None) -> None:
        self.warehouse = like.warehouse.copy_of(folder) if like else Warehouse(folder)
        self.sql, self.migrated = FakeSql(self.warehouse), FakeMigrated()
        self.statements = FakeStatements(self.warehouse)
        self.manifests, self.loads, self.queues = FakeManifests(), FakeLoads(), FakeQueues()
        if like:
            self.manifests.manifests.update(like.manifests.manifests)

    def migrate(self, warehouse_id: str = "warehouse-1"):
        return Migrating(self.sql, self.migrated, warehouse_id)

    @property
    def loading(self) -> Loading:
        return Loading(
            manifests=self.manifests,
            loads=self.loads,
            statements=self.statements,
            queue=self.queues,
            workgroup=WORKGROUP,
            bucket=BUCKET,
            copy_role=ROLE,
        )

    @property
    def finishing(self) -> Finishing:
        return Finishing(
            loads=self.loads, statements=self.statements, queue=self.queues, workgroup=WORKGROUP, retry_seconds=30
        )

    def write_run(self, version: int, *devices: str, kind: Kind = Kind.DEVICE_HOUR, start: str = HOUR) -> str:
        """Write a run's objects and its manifest; each device has `version` readings. Returns the manifest's key."""
        window = Window.of(start)
        load = Load(kind, window, f"v{version}-5f3a-1")
        objects = [ManifestObject(f"{load.prefix}{device}", 1) for device in devices]
        for each, device in zip(objects, devices, strict=True):
            name = f"'{device}'" if kind.value.startswith("device") else ""
            query = report_row(name, window, version)
            self.warehouse.s3.put_parquet(BUCKET, each.key, query, self.warehouse.folder)
        self.manifests.manifests[load.manifest_key] = manifest(load, objects)
        return load.manifest_key

    def deliver(self, key: str) -> None:
        """Deliver S3's event of a manifest to `load_warehouse`."""
        event = {"Records": [{"s3": {"object": {"key": key}}}]}
        for load in loads_of({"body": json.dumps(event)}):
            self.loading.load(load)

    def retry(self) -> None:
        """Deliver the loads that were put off."""
        orders, self.queues.loads = self.queues.loads, []
        for order in orders:
            self.deliver_order(order)

    def deliver_order(self, order: dict[str, Any]) -> None:
        """Deliver a load that was put off to `load_warehouse`."""
        for load in loads_of({"body": json.dumps(order)}):
            self.loading.load(load)

    def end_all(self, error: str = "") -> None:
        """Run or fail what was sent, and deliver the events."""
        for statement_id in self.statements.waiting():
            self.end(statement_id, error)

    def end(self, statement_id: str, error: str = "") -> LoadRecord | None:
        sent_id, name = self.statements.run(statement_id, error)
        event = {"detail": {"statementId": sent_id, "statementName": name, "state": "as it is"}}
        return self.finishing.finish(*ended_statement_of({"body": json.dumps(event)}))

    def remind(self) -> None:
        """Deliver the reminders."""
        reminders, self.queues.reminders = self.queues.reminders, []
        for reminder in reminders:
            self.finishing.finish(*ended_statement_of({"body": json.dumps(reminder)}))

    def readings(self, kind: Kind = Kind.DEVICE_HOUR) -> list[tuple[Any, ...]]:
        """Who has how many readings in the warehouse."""
        return self.warehouse.rows(f"SELECT device_id, readings FROM {kind} ORDER BY 1")


def report_row(name: str, window: Window, readings: int) -> str:
    start = f"TIMESTAMP '{window.starts:%Y-%m-%d %H:%M:%S}'"
    times = "TIMESTAMP '2026-11-27 17:00:00'"
    counts = [f"CAST({number} AS BIGINT)" for number in (readings, 0, 0, 0, 0, 0)]
    head = [name, start, *counts, times, times] if name else [start, *["CAST(1 AS BIGINT)"] * 2, *counts]
    values = [*head, *["CAST(21.5 AS DOUBLE)"] * 13]
    return f"SELECT {', '.join(f'{value} AS c{number}' for number, value in enumerate(values))}"


def manifest(load: Load, objects: list[ManifestObject], **changes: Any) -> Manifest:
    fields = {
        "kind": load.kind,
        "window": load.window.start,
        "run_id": load.run_id,
        "data_version": load.data_version,
        "sql_version": "5f3a",
        "complete": True,
        "rows": len(objects),
        "bytes_scanned": 10,
        "input_objects": 1,
        "query_execution_ids": QueryIds("unload", "csv"),
        "parquet": objects,
        "csv": ManifestObject("results/csv.csv", 1),
        "finished_at": "2026-11-27T18:10:00.000Z",
        "sql": "SELECT 1",
    }
    return Manifest(**{**fields, **changes})
