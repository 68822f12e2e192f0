"""Looks at open windows once a minute: starts what is due, and finds what was lost.

A window is open while a report on it is not built from its newest data. Crashed functions, lost events and queries that
hang are found here, because the window stays open.
"""

from collections.abc import Callable

import msgspec
from chalicelib.pipeline.reports.model import Kind, NotedWindow, Report, Run
from chalicelib.pipeline.reports.ports import Queries, QueriesBusy, ReportConflict, Windows
from chalicelib.pipeline.reports.runs import Runs
from chalicelib.pipeline.reports.schedule import Schedule

AT_MOST = 200


class Summary(msgspec.Struct):
    """What one look has found."""

    windows: int = 0
    conflicts: int = 0
    busy: bool = False


class Starting:
    """The use case; `now` returns milliseconds since 1970."""

    def __init__(
        self, *, windows: Windows, queries: Queries, runs: Runs, schedule: Schedule, now: Callable[[], int]
    ) -> None:
        self._windows = windows
        self._queries = queries
        self._runs = runs
        self._schedule = schedule
        self._now = now

    def run(self, at_most: int = AT_MOST) -> Summary:
        """Look at the windows that are due, the longest due first. Ends early when no queries are taken."""
        summary = Summary()
        for noted in self._windows.due(self._now(), at_most):
            summary.windows += 1
            try:
                self._look_at(noted)
            except ReportConflict:
                # Another function has changed it; it is still due.
                summary.conflicts += 1
            except QueriesBusy:
                summary.busy = True
                break
        return summary

    def _look_at(self, noted: NotedWindow) -> None:
        reports = self._windows.reports(noted.window)
        times = [self._advance(noted, kind, reports.get(kind)) for kind in noted.window.kinds]
        next_times = [time for time in times if time is not None]
        self._windows.look_again(noted, min(next_times) if next_times else None)

    def _advance(self, noted: NotedWindow, kind: Kind, report: Report | None) -> int | None:
        """Take the report's next step; returns when it is to be looked at again."""
        report = report or Report(kind, noted.window)
        if report.run is not None:
            report = self._find_lost(report, report.run)
        else:
            due = self._schedule.due_ms(noted, report)
            if due is not None and due <= self._now():
                report = self._runs.start(noted, report)
        if report.run is not None:
            return self._now() + self._schedule.lost_ms
        return self._schedule.due_ms(noted, report)

    def _find_lost(self, report: Report, run: Run) -> Report:
        """Start a query that a crash has prevented; ask for the state of one whose event may be lost."""
        query_id = run.csv_query or run.unload_query
        if query_id is None:
            return self._runs.submit(report)
        if self._now() - run.started_at < self._schedule.lost_ms:
            return report
        execution = self._queries.find(query_id)
        if execution.state in ("QUEUED", "RUNNING"):
            if self._now() - run.started_at > self._schedule.stuck_ms:
                self._queries.stop(query_id)
            return report
        return self._runs.follow(execution) or report
