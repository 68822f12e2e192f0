"""Whatever crashes, is lost, doubled or reordered: each window ends built from its newest data."""

import contextlib
from collections import Counter

import hypothesis.strategies as st
from chalicelib.pipeline.reports.ports import QueriesBusy, ReportConflict
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.unit.pipeline.reports.fakes import Crash
from tests.unit.pipeline.reports.stage import MINUTE, SCHEDULE, Stage

CALLS = st.one_of(st.none(), st.integers(0, 25))
HOURS = st.sampled_from(["16", "17", "18"])


class Life(RuleBasedStateMachine):
    """Functions of the reports, each of which may crash at any call of a port."""

    @initialize()
    def begin(self):
        self.stage = Stage()
        self.undelivered: list[str] = []

    @rule(hour=HOURS, number=st.integers(0, 5), version=st.sampled_from("12"), crash=CALLS)
    def note(self, hour, number, version, crash):
        self._run(crash, lambda: self.stage.note(number, version, hour))

    @rule(minutes=st.integers(0, 40), crash=CALLS)
    def tick(self, minutes, crash):
        self.stage.clock.now += minutes * MINUTE
        self._run(crash, self.stage.starting.run)

    @rule(state=st.sampled_from(["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"]), pick=st.integers(0, 20))
    def query_ends(self, state, pick):
        running = self.stage.queries.running()
        if running:
            self.stage.queries.end(running[pick % len(running)], state, "any reason")

    @rule(pick=st.integers(0, 50), crash=CALLS)
    def event(self, pick, crash):
        """Any event of the past: in order or not, for the first time or again. One that is never picked is lost."""
        events = self.stage.queries.events
        if events:
            self._run(crash, lambda: self.stage.deliver(events[pick % len(events)]))

    @rule()
    def queries_are_busy(self):
        self.stage.queries.busy = not self.stage.queries.busy

    def _run(self, crash, work):
        self.stage.crashes.left = crash
        # After these SQS and the schedule call the function again.
        with contextlib.suppress(Crash, QueriesBusy, ReportConflict):
            work()
        self.stage.crashes.left = None

    def teardown(self):
        """No more faults, but no events either: the schedule alone finishes everything."""
        if not hasattr(self, "stage"):
            return
        stage = self.stage
        stage.queries.busy = False
        stage.clock.now = max(stage.clock.now, *[w.ends_ms for w in stage.windows.noted], 0) + SCHEDULE.grace_ms
        for _ in range(60):
            for query_id in stage.queries.running():
                stage.queries.end(query_id, "SUCCEEDED")
            stage.tick(5)
        assert stage.windows.checks == {}
        for window, version in stage.windows.noted.items():
            for kind in window.kinds:
                self._check(stage.report(kind, window), version)
        # A manifest may be written twice, but only by a crash, and a run never starts two queries of a kind.
        sqls = Counter(execution.sql for execution in stage.queries.executions.values())
        assert max(sqls.values(), default=0) <= 1

    def _check(self, report, version):
        if report.state == "parked":
            assert report.parked_version == version
            return
        assert (report.state, report.built_version) == ("built", version)
        manifest = next(
            m
            for m in self.stage.bucket.manifests.values()
            if m.run_id == report.built_run and (m.kind, m.window) == (report.kind, report.window.start)
        )
        # The Parquet object has the data that was there when its query ended, or newer.
        assert self.stage.bucket.contents[manifest.parquet[0].key] == version


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase
