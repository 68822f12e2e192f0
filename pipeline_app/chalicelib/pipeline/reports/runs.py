"""Moves a report from one state to the next: the steps of its run, their success and failure.

Each change of state is written over the revision that was read, and each query has a token, so a step that is taken
twice, by two functions or after a crash, has the effect of one.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from chalicelib.pipeline.reports import statements
from chalicelib.pipeline.reports.model import (
    Kind,
    Manifest,
    NotedWindow,
    QueryIds,
    Report,
    Run,
    Window,
    run_prefix,
)
from chalicelib.pipeline.reports.ports import Queries, QueryExecution, QueryRefused, ReportBucket, Windows
from chalicelib.pipeline.reports.schedule import Schedule
from msgspec.structs import replace

from common.values import timestamp

_FAILED = ("FAILED", "CANCELLED")


class Runs:
    """The runs of reports; `now` returns milliseconds since 1970, `bucket_name` is where UNLOAD writes."""

    def __init__(
        self,
        *,
        windows: Windows,
        queries: Queries,
        bucket: ReportBucket,
        bucket_name: str,
        schedule: Schedule,
        now: Callable[[], int],
    ) -> None:
        self._windows = windows
        self._queries = queries
        self._bucket = bucket
        self._bucket_name = bucket_name
        self._schedule = schedule
        self._now = now

    def report(self, kind: Kind, window: Window) -> Report:
        """Return a report, in its first state if it has none."""
        return self._windows.reports(window).get(kind) or Report(kind, window)

    def start(self, noted: NotedWindow, report: Report) -> Report:
        """Start a run on the newest data.

        Raises
        ------
        QueriesBusy
            The run is written and has no query yet; `submit` starts it.
        ReportConflict
        """
        version = statements.version(report.kind)
        run = Run(
            id=f"v{noted.data_version}-{version}-{report.attempts + 1}",
            data_version=noted.data_version,
            sql_version=version,
            started_at=self._now(),
            complete=self._schedule.is_complete(report, self._now()),
        )
        return self.submit(self._saved(report, run=run, last_started_at=run.started_at))

    def submit(self, report: Report) -> Report:
        """Start the query of a run that has none; raises QueriesBusy and ReportConflict."""
        run = _running(report)
        sql = statements.unload(report.kind, report.window, run, self._bucket_name)
        try:
            query_id = self._queries.start(sql, statements.token(report.kind, report.window, run, statements.UNLOAD))
        except QueryRefused as refusal:
            return self._fail(report, str(refusal))
        return self._saved(report, run=replace(run, unload_query=query_id))

    def follow(self, execution: QueryExecution) -> Report | None:
        """Take the step after a query of ours that has ended; None if there is nothing to do.

        Events may come twice, late, in another order, or for a run that was given up: only those of the report's
        current run count.

        Raises
        ------
        QueriesBusy
        ReportConflict
            Call it again later.
        """
        step = statements.step_of(execution.sql)
        if step is None:
            return None
        report = self.report(step.kind, step.window)
        if report.run is None or report.run.id != step.run_id:
            return None
        if execution.state in _FAILED:
            return self._fail(report, f"{step.step}: {execution.reason or execution.state}")
        if execution.state != "SUCCEEDED":
            return None
        if step.step == statements.CSV:
            return self._finish(report, report.run, execution)
        return None if report.run.csv_query else self._read_back(report, report.run, execution.id)

    def _read_back(self, report: Report, run: Run, unload_query: str) -> Report:
        sql = statements.csv(report.kind, report.window, run)
        try:
            query_id = self._queries.start(sql, statements.token(report.kind, report.window, run, statements.CSV))
        except QueryRefused as refusal:
            return self._fail(report, str(refusal))
        return self._saved(report, run=replace(run, unload_query=unload_query, csv_query=query_id))

    def _finish(self, report: Report, run: Run, execution: QueryExecution) -> Report:
        unload = self._queries.find(run.unload_query or self._submitted_unload(report, run))
        csv, rows = self._bucket.count_rows(execution.result_key)
        manifest = Manifest(
            kind=report.kind,
            window=report.window.start,
            run_id=run.id,
            data_version=run.data_version,
            sql_version=run.sql_version,
            complete=run.complete,
            rows=rows,
            bytes_scanned=unload.bytes_scanned + execution.bytes_scanned,
            input_objects=run.data_version,
            query_execution_ids=QueryIds(unload.id, execution.id),
            parquet=self._bucket.objects(run_prefix(report.kind, report.window, run.id)),
            csv=csv,
            sql=statements.select_of(unload.sql),
            finished_at=_text(self._now()),
            started_at=_text(run.started_at),
        )
        self._bucket.put_manifest(manifest)
        return self._saved(
            report,
            run=None,
            attempts=0,
            retry_at=0,
            reason="",
            built_version=run.data_version,
            built_run=run.id,
            built_at=self._now(),
        )

    def _submitted_unload(self, report: Report, run: Run) -> str:
        """The id of the UNLOAD that was started before a crash: its token returns it again."""
        sql = statements.unload(report.kind, report.window, run, self._bucket_name)
        return self._queries.start(sql, statements.token(report.kind, report.window, run, statements.UNLOAD))

    def _fail(self, report: Report, reason: str) -> Report:
        run, attempts = _running(report), report.attempts + 1
        if attempts >= self._schedule.most_attempts:
            return self._saved(
                report, run=None, attempts=0, retry_at=0, parked_version=run.data_version, reason=reason[:1000]
            )
        retry_at = self._now() + self._schedule.retry_ms(attempts)
        return self._saved(report, run=None, attempts=attempts, retry_at=retry_at, reason=reason[:1000])

    def _saved(self, report: Report, **fields: object) -> Report:
        changed = report.changed(**fields)
        self._windows.save(changed)
        return changed


def _running(report: Report) -> Run:
    if report.run is None:
        raise LookupError(f"no run of {report.kind} {report.window.start}")
    return report.run


def _text(milliseconds: int) -> str:
    return timestamp(datetime.fromtimestamp(milliseconds / 1000, UTC))
