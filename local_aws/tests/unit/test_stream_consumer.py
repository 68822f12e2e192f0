"""One consumer, with a Python function in place of a Lambda function."""

import threading
from itertools import chain

from local_aws.services.lambda_.event_sources.batch import Lane
from local_aws.services.lambda_.event_sources.checkpoints import Checkpoint
from local_aws.services.lambda_.event_sources.consumer import Consumer, ConsumerCallbacks
from local_aws.services.lambda_.event_sources.source import Record

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


class GrowingShard(Shard):
    """A shard that gets a new record each time that it is read."""

    def __init__(self, count):
        super().__init__(count)
        self.coming, self.records = self.records, []

    def read(self, after):
        self.records += self.coming[:1]
        del self.coming[:1]
        return super().read(after)


class Run:
    """A consumer that runs until it ends; `mapping["FilterCriteria"]` are the numbers that are let through, or None."""

    def __init__(self, shard, function, mapping=MAPPING, seen=lambda run, number: None):
        self.invoked, self.reported, self.mapping = [], [], dict(mapping)
        self.asked, self._seen = [], seen
        self.place = Checkpoint({}, shard.id, Lane(0, 1), 0)
        ended = threading.Event()
        callbacks = ConsumerCallbacks(
            mapping=lambda: self.mapping,
            matches=lambda mapping, event: self._matches(mapping, event["n"]),
            invoke=lambda mapping, events: self._invoke(function, events),
            report=lambda mapping, shard, sub_batch, why: self.reported.append(why),
            ended=lambda consumer: ended.set(),
        )
        self.consumer = Consumer(shard, Lane(0, 1), self.place, callbacks)
        self.consumer.start()
        assert ended.wait()

    def _matches(self, mapping, number):
        self.asked.append(number)
        self._seen(self, number)
        # There may be more, as whoever writes to a stream would say.
        self.consumer.wake()
        return number in (mapping.get("FilterCriteria") or [number])

    def _invoke(self, function, events):
        self.invoked.append([event["n"] for event in events])
        return function(self, events)


def test_the_position_is_saved_after_each_batch():
    checkpoints_of = []

    def function(run, events):
        checkpoints_of.append(run.place.sequence)
        if events[0]["n"] == 5:
            run.consumer.end()
        return {}

    run = Run(Shard(5), function)
    assert run.invoked == [[1, 2], [3, 4], [5]]
    assert checkpoints_of == [0, 2, 4]
    assert run.place.sequence == 5


def test_an_error_during_the_servers_stop_is_not_a_failure():
    def function(run, events):
        run.consumer.end()
        return {"error": True}

    run = Run(Shard(2), function)
    assert (run.place.sequence, run.reported) == (0, [])


def test_a_deleted_mapping_discards_no_records():
    def function(run, events):
        run.mapping = None
        return {"error": True}

    run = Run(Shard(2), function, {**MAPPING, "MaximumRetryAttempts": 5})
    assert (run.invoked, run.place.sequence, run.reported) == ([[1, 2]], 0, [])


def ends_at(number):
    def function(run, events):
        if events[-1]["n"] == number:
            run.consumer.end()
        return {}

    return function


WINDOW = {**MAPPING, "BatchSize": 100, "MaximumBatchingWindowInSeconds": 3}


def test_each_record_is_filtered_once_however_often_its_batch_grows():
    run = Run(GrowingShard(20), ends_at(20), WINDOW)
    assert run.asked == list(range(1, 21))
    assert list(chain(*run.invoked)) == list(range(1, 21))


def test_a_changed_filter_applies_to_a_batch_that_was_begun():
    def seen(run, number):
        if number == 4:
            run.mapping["FilterCriteria"] = [1, 3, 5]

    run = Run(GrowingShard(5), ends_at(5), WINDOW, seen)
    assert (run.invoked, run.place.sequence) == ([[1, 3, 5]], 5)


def test_a_changed_batch_size_applies_to_a_batch_that_was_begun():
    def seen(run, number):
        if number == 4:
            run.mapping["BatchSize"] = 2

    run = Run(GrowingShard(4), ends_at(4), WINDOW, seen)
    assert run.invoked == [[1, 2], [3, 4]]
