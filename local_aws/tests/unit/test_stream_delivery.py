"""The delivery of a batch of a stream, without a server."""

from dataclasses import replace

import pytest

from local_aws.services.lambda_.event_sources.delivery import RETRIES_EXHAUSTED, TOO_OLD, deliver
from local_aws.services.lambda_.event_sources.invocation_result import InvocationResult, result_of_invocation
from local_aws.services.lambda_.event_sources.mapping_settings import MappingSettings
from local_aws.services.lambda_.event_sources.source import Record

NOW = 1_000_000.0


def records(names, age=0.0):
    return [Record(number, name, NOW - age, 10, {"name": name}) for number, name in enumerate(names, 1)]


class World:
    """A function with the given results, and a record of everything that happened."""

    def __init__(self, *outcomes, **settings):
        self._outcomes = list(outcomes)
        self._settings = replace(MappingSettings.from_mapping({}), **settings)
        self.invoked, self.discarded, self.place = [], [], 0

    def settings(self):
        return self._settings

    def invoke(self, given):
        self.invoked.append("".join(record.key for record in given))
        return self._outcomes.pop(0) if self._outcomes else InvocationResult()

    def discard(self, sub_batch, condition):
        self.discarded.append(("".join(record.key for record in sub_batch.records), condition, sub_batch.invocations))

    def advance_to(self, sequence):
        assert sequence > self.place
        self.place = sequence

    def pause(self, attempts):
        assert attempts >= 1

    def deliver(self, given):
        deliver(given, self, lambda: NOW)
        return self


ERROR, THROTTLED = InvocationResult(0, function_error="Unhandled"), InvocationResult(0, is_throttled=True)


def test_a_batch_that_succeeds_moves_the_position():
    world = World().deliver(records("abc"))
    assert (world.invoked, world.discarded, world.place) == (["abc"], [], 3)


def test_a_failed_batch_is_tried_again_as_often_as_configured():
    world = World(ERROR, ERROR, ERROR, max_retries=2).deliver(records("ab"))
    assert world.invoked == ["ab"] * 3
    assert world.discarded == [("ab", RETRIES_EXHAUSTED, 3)]
    assert world.place == 2


def test_throttling_is_not_counted():
    world = World(*[THROTTLED] * 20, ERROR, max_retries=1).deliver(records("a"))
    assert len(world.invoked) == 22
    assert world.discarded == []


def test_records_that_are_too_old_are_discarded():
    given = [*records("ab", age=61), *(replace(record, sequence=record.sequence + 2) for record in records("cd"))]
    world = World(max_age_seconds=60.0).deliver(given)
    assert world.discarded == [("ab", TOO_OLD, 0)]
    assert (world.invoked, world.place) == (["cd"], 4)


def test_without_a_limit_no_record_is_too_old():
    assert World().deliver(records("a", age=80_000)).invoked == ["a"]


def test_halves_are_tried_in_order_and_do_not_count_as_retries():
    world = World(ERROR, InvocationResult(), ERROR, ERROR, bisects=True, max_retries=0).deliver(records("abcd"))
    assert world.invoked == ["abcd", "ab", "cd", "c", "d"]
    assert world.discarded == [("c", RETRIES_EXHAUSTED, 3)]
    assert world.place == 4


def test_records_before_a_reported_failure_are_not_delivered_again():
    world = World(InvocationResult(2), max_retries=1).deliver(records("abcd"))
    assert world.invoked == ["abcd", "cd"]


def test_bisection_splits_at_a_reported_failure():
    world = World(InvocationResult(2), InvocationResult(0), InvocationResult(0), bisects=True, max_retries=0).deliver(
        records("abcd")
    )
    assert world.invoked == ["abcd", "cd", "c", "d"]
    assert world.discarded == [("c", RETRIES_EXHAUSTED, 3)]


@pytest.mark.parametrize(
    ("body", "failed_from"),
    [
        (None, None),
        ({}, None),
        ({"batchItemFailures": []}, None),
        ({"batchItemFailures": None}, None),
        ({"batchItemFailures": [{"itemIdentifier": "2"}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "2"}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": "9"}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, 0),
        ({"batchItemFailures": [{}]}, 0),
        ({"batchItemFailures": "2"}, 0),
        ("done", 0),
    ],
)
def test_the_result_that_a_function_reports(body, failed_from):
    assert result_of_invocation({"body": body}, records("abc"), reports_item_failures=True).failed_from == failed_from
    assert result_of_invocation({"body": body}, records("abc"), reports_item_failures=False).failed_from is None
