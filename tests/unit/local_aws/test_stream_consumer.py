"""One consumer, with a function that is a function."""

import threading

from local_aws.event_sources.batch import Lane
from local_aws.event_sources.consumer import Calls, Consumer
from local_aws.event_sources.positions import Place
from local_aws.event_sources.source import Record

MAPPING = {"FunctionArn": "arn", "MaximumRetryAttempts": 0, "BatchSize": 2}


class Shard:
    id = "shard"
    retention_seconds = 10.0**12

    def __init__(self, count):
        self.records = [Record(number, "key", 0.0, 1, {"n": number}) for number in range(1, count + 1)]

    def start(self, mapping):
        return 0

    def read(self, after):
        return [record for record in self.records if record.sequence > after]


class Run:
    """A consumer that runs until it ends."""

    def __init__(self, shard, function, mapping=MAPPING):
        self.invoked, self.reported, self.mapping = [], [], dict(mapping)
        self.place = Place({}, shard.id, Lane(0, 1), 0)
        ended = threading.Event()
        calls = Calls(
            mapping=lambda: self.mapping,
            matches=lambda mapping, event: True,
            invoke=lambda mapping, events: self._invoke(function, events),
            report=lambda mapping, shard, part, why: self.reported.append(why),
            ended=lambda consumer: ended.set(),
        )
        self.consumer = Consumer(shard, Lane(0, 1), self.place, calls)
        self.consumer.start()
        assert ended.wait(10)

    def _invoke(self, function, events):
        self.invoked.append([event["n"] for event in events])
        return function(self, events)


def test_the_place_is_kept_after_each_batch():
    places = []

    def function(run, events):
        places.append(run.place.sequence)
        if events[0]["n"] == 5:
            run.consumer.end()
        return {}

    run = Run(Shard(5), function)
    assert run.invoked == [[1, 2], [3, 4], [5]]
    assert places == [0, 2, 4]
    assert run.place.sequence == 5


def test_an_error_of_a_function_that_was_ended_with_the_server_is_no_failure():
    def function(run, events):
        run.consumer.end()
        return {"error": True}

    run = Run(Shard(2), function)
    assert (run.place.sequence, run.reported) == (0, [])


def test_a_mapping_that_is_not_served_any_more_gives_nothing_up():
    def function(run, events):
        run.mapping = None
        return {"error": True}

    run = Run(Shard(2), function, {**MAPPING, "MaximumRetryAttempts": 5})
    assert (run.invoked, run.place.sequence, run.reported) == ([[1, 2]], 0, [])
