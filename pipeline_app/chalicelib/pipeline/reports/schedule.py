"""When a report's next run is due."""

import msgspec
from chalicelib.pipeline.reports.model import NotedWindow, Report


class Schedule(msgspec.Struct, frozen=True):
    """The times between a window, its data and its runs, in milliseconds.

    A report is provisional until its window has ended and `grace_ms` have passed, in which the last messages arrive.
    """

    grace_ms: int
    # Between a window's start and the first provisional run, and between two provisional runs: of an hour, of a day.
    provisional_hour_ms: int
    provisional_day_ms: int
    # Between two runs that late messages make necessary: the longer of a time, and a share of the window's age when the
    # last run started. The share bounds the runs of a window that gets late messages all the time.
    late_ms: int
    late_age_percent: int
    # After so long without an event, the state of a query is asked for.
    lost_ms: int = 120_000
    # A query that runs for longer is cancelled.
    stuck_ms: int = 1_800_000
    most_attempts: int = 4
    first_retry_ms: int = 30_000

    def is_complete(self, report: Report, now_ms: int) -> bool:
        """Whether a run that starts now is not provisional."""
        return now_ms >= report.window.ends_ms + self.grace_ms

    def due_ms(self, noted: NotedWindow, report: Report) -> int | None:
        """When the next run may start; None while there is nothing new."""
        if noted.data_version <= max(report.built_version, report.parked_version):
            return None
        if report.attempts:
            return report.retry_at
        started = report.last_started_at
        final = report.window.ends_ms + self.grace_ms
        interval = self.provisional_hour_ms if report.window.grain == "hour" else self.provisional_day_ms
        provisional = max(report.window.starts_ms, started) + interval
        late = started + self._late_pause_ms(report) if started >= final else 0
        return max(final, late) if provisional >= final else provisional

    def _late_pause_ms(self, report: Report) -> int:
        age_ms = report.last_started_at - report.window.ends_ms
        return max(self.late_ms, age_ms * self.late_age_percent // 100)

    def retry_ms(self, attempts: int) -> int:
        """How long the next attempt waits after so many failures."""
        return int(self.first_retry_ms * 2 ** (attempts - 1))
