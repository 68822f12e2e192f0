"""The table of loads: what is newer stays, whatever is noted later. The fake of the other tests does the same."""

import itertools

import pytest
from chalicelib.pipeline.reports.model import Kind, Window
from chalicelib.pipeline.warehouse.load_table import LoadTable
from chalicelib.pipeline.warehouse.model import Load, State

from tests.unit.aws import aws_client
from tests.unit.pipeline.stage import ENVIRONMENT
from tests.unit.pipeline.warehouse.stage import HOUR, FakeLoads


def load(version: int, attempt: int, hour: str = HOUR) -> Load:
    return Load(Kind.DEVICE_HOUR, Window.of(hour), f"v{version}-5f3a-1", attempt)


@pytest.fixture
def table(pipeline_app):
    return LoadTable(lambda: aws_client("dynamodb"), ENVIRONMENT["LOADS_TABLE_NAME"], lambda: 1_795_798_800_000)


STATES = [(load(version, attempt), state) for version in (1, 2) for attempt in (1, 2) for state in State]


def test_the_table_keeps_what_is_newest(table):
    hours = (f"2026-11-{day:02}T{hour:02}" for day in range(1, 29) for hour in range(24))
    for (first, second), hour in zip(itertools.permutations(STATES, 2), hours, strict=False):
        fake = FakeLoads()
        for each, state in (first, second):
            moved = load(each.data_version, each.attempt, hour)
            assert table.note(moved, state) == fake.note(moved, state), (first, second)
        assert table.find(moved).state == fake.find(moved).state
        assert table.find(moved).load == fake.find(moved).load


def test_parked_loads_are_found_with_their_reasons(table):
    table.note(load(1, 5), State.PARKED, statement_id="s", reason="ERROR: 1023")
    table.note(load(1, 1, "2026-11-27T18"), State.LOADING)
    table.write("a digest")
    (parked,) = table.parked()
    assert (parked.load, parked.reason, parked.statement_id) == (load(1, 5), "ERROR: 1023", "s")
    assert table.read() == "a digest"
