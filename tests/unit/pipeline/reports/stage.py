"""The reports' use cases on fakes, and a life of windows around them."""

from chalicelib.pipeline.reports.finishing import Finishing
from chalicelib.pipeline.reports.model import Window
from chalicelib.pipeline.reports.noting import Noting, TelemetryObject
from chalicelib.pipeline.reports.ports import QueriesBusy, ReportConflict
from chalicelib.pipeline.reports.runs import Runs
from chalicelib.pipeline.reports.schedule import Schedule
from chalicelib.pipeline.reports.starting import Starting

from tests.unit.pipeline.reports.fakes import Clock, Crash, Crashes, FakeBucket, FakeQueries, FakeWindows

MINUTE = 60_000
HOUR = 60 * MINUTE
SCHEDULE = Schedule(
    grace_ms=3 * MINUTE,
    provisional_hour_ms=15 * MINUTE,
    provisional_day_ms=24 * HOUR,
    late_ms=10 * MINUTE,
    late_age_percent=12,
)
WINDOW = Window("2026-11-27T17")
DAY = Window("2026-11-27")


class Stage:
    """Functions that are called by events, a clock, and queries that end when a test says so."""

    def __init__(self):
        self.clock, self.crashes = Clock(WINDOW.starts_ms), Crashes()
        self.windows = FakeWindows(self.crashes)
        self.bucket = FakeBucket(self.crashes)
        self.queries = FakeQueries(self.crashes, self.windows, self.bucket)
        self.runs = Runs(
            windows=self.windows,
            queries=self.queries,
            bucket=self.bucket,
            bucket_name="reports",
            schedule=SCHEDULE,
            now=self.clock,
        )
        self.noting = Noting(self.windows, self.clock)
        self.starting = Starting(
            windows=self.windows, queries=self.queries, runs=self.runs, schedule=SCHEDULE, now=self.clock
        )
        self.finishing = Finishing(self.queries, self.runs)

    def note(self, number=1, version="1", hour="17"):
        key = f"telemetry/event_date=2026-11-27/event_hour={hour}/{number}"
        return self.noting.note([TelemetryObject(key, version, self.clock.now)])

    def deliver(self, query_id):
        """Deliver an event; False if the function failed, so that the event comes again."""
        try:
            self.finishing.follow(query_id)
        except (QueriesBusy, ReportConflict, Crash):
            return False
        return True

    def tick(self, minutes=0):
        self.clock.now += minutes * MINUTE
        return self.starting.run()

    def end_all(self, state="SUCCEEDED", reason=""):
        """End every query that runs, and deliver the events."""
        for query_id in self.queries.running():
            self.queries.end(query_id, state, reason)
            self.deliver(query_id)

    def report(self, kind, window=WINDOW):
        return self.runs.report(kind, window)
