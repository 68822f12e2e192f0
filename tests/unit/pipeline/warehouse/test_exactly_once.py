"""Whatever is repeated, reordered, lost or ends half way: each report is in the warehouse exactly once.

A random history of steps runs on the real SQL. Functions end between any two of their steps, statements fail, events
are lost and repeated. Then everything is delivered once more, and the warehouse must have the newest run of each
window.
"""

import contextlib
import itertools

import pytest
from chalicelib.pipeline.warehouse.parking import retry_parked
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.pipeline.warehouse.stage import Crash, Stage

HOURS = ("2026-11-27T17", "2026-11-27T18")
VERSIONS = range(1, 4)
# A history takes seconds, so that none is shrunk.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
ALL_RUNS = list(itertools.product(HOURS, VERSIONS))
RUNS = st.sampled_from(ALL_RUNS)
DELIVER = st.tuples(st.just("deliver"), RUNS, st.sampled_from([0, 0, 1, 2, 3, 4]))
STEPS = st.lists(
    st.one_of(
        DELIVER,
        st.tuples(st.just("run"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("event"), st.integers(0, 9), st.integers(0, 2)),
        st.tuples(st.just("retry"), st.integers(0, 3)),
        st.tuples(st.just("remind"), st.integers(0, 2)),
        st.tuples(st.just("forget"), st.integers(0, 9)),
    ),
    max_size=12,
)


class Crashing:
    """Calls another object, and crashes after so many calls of all such objects."""

    def __init__(self, wrapped, counter: dict[str, int]) -> None:
        self._wrapped, self._counter = wrapped, counter

    def __getattr__(self, name: str):
        def call(*arguments, **named):
            result = getattr(self._wrapped, name)(*arguments, **named)
            self._counter["left"] -= 1
            if not self._counter["left"]:
                raise Crash
            return result

        return call


def crashing_after(stage: Stage, calls: int):
    """A copy of a stage whose functions crash after so many calls of their ports; 0 never."""
    copy = object.__new__(Stage)
    copy.__dict__.update(stage.__dict__)
    counter = {"left": calls}
    for port in ("manifests", "loads", "statements", "queues"):
        setattr(copy, port, Crashing(getattr(stage, port), counter))
    return copy


def step(stage: Stage, keys, kind: str, *arguments) -> None:
    sent = list(stage.statements.sent)
    if kind == "deliver":
        run, crash = arguments
        crashing_after(stage, crash).deliver(keys[run])
    elif kind == "run" and sent:
        stage.statements.run(sent[arguments[0] % len(sent)], "injected" if arguments[1] else "")
    elif kind == "event" and (ended := list(stage.statements.ended)):
        statement_id = ended[arguments[0] % len(ended)]
        if statement_id in stage.statements.sent:
            crashed = crashing_after(stage, arguments[1])
            crashed.finishing.finish(statement_id, stage.statements.sent[statement_id][2])
    elif kind == "retry":
        for order in list(stage.queues.loads):
            crashed = crashing_after(stage, arguments[0])
            crashed.deliver_order(order)
    elif kind == "remind":
        for reminder in list(stage.queues.reminders):
            crashing_after(stage, arguments[0]).finishing.finish(*reminder.values())
    elif kind == "forget":
        # A token is valid for some hours only.
        stage.statements.ids = dict(list(stage.statements.ids.items())[arguments[0] :])


def settle(stage: Stage, keys, delivered) -> None:
    """SQS delivers again what was not handled, in the worst order; nothing fails any more."""
    for run in sorted(delivered, reverse=True):
        stage.deliver(keys[run])
    for _ in range(20):
        stage.end_all()
        stage.remind()
        stage.retry()
        if not stage.statements.waiting() and not stage.queues.loads and not retry_parked(stage.loads, stage.queues):
            return
    raise AssertionError("it does not come to an end")


@pytest.fixture(scope="module")
def runs(migrated_stage, tmp_path_factory):
    """A migrated warehouse with the objects of all runs, and the keys of their manifests."""
    stage = Stage(tmp_path_factory.mktemp("runs"), like=migrated_stage)
    keys = {(hour, version): stage.write_run(version, "d", f"d{version}", start=hour) for hour, version in ALL_RUNS}
    return stage, keys


@settings(max_examples=15, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
@given(first=st.lists(DELIVER, min_size=2, max_size=4), steps=STEPS)
def test_each_report_is_loaded_exactly_once(runs, tmp_path_factory, first, steps):
    like, keys = runs
    stage = Stage(tmp_path_factory.mktemp("stage"), like=like)
    delivered = {}
    for each in first + steps:
        if each[0] == "deliver":
            delivered[each[1]] = True
        with contextlib.suppress(Crash):
            step(stage, keys, *each)
    settle(stage, keys, delivered)
    newest = {hour: max(version for each, version in delivered if each == hour) for hour, _ in delivered}
    expected = sorted(
        (f"{hour[:10]} {hour[11:]}:00:00", device, version)
        for hour, version in newest.items()
        for device in ("d", f"d{version}")
    )
    rows = stage.warehouse.rows("SELECT window_start::VARCHAR, device_id, readings FROM device_hour ORDER BY 1, 2, 3")
    assert rows == expected
    assert stage.warehouse.rows("SELECT window_id, data_version FROM loads ORDER BY 1") == sorted(newest.items())
