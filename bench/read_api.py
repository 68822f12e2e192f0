"""Latency of pipeline_app's read API after a day of 1,000 devices at one message a second, beside an empty day.

Of a day of 86.4 million messages, the tables have 1,000 states, and for each device 1,440 minutes of 60 readings. Here
one device has its minutes. Those of the others, 1.4 million items, are other partitions, which no call of one device
reads; so they are left out. The empty day is that of a device without minutes.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from statistics import median, quantiles
from typing import Any

from bench import telemetry_calls
from bench.app_stage import AppStage, Visitor, running_app
from bench.result import Result
from bench.sampling import Pair
from bench.workspace import Workspace

_DEVICES, _MINUTES = 1000, 1440
_DAY = "2026-11-27"
_FULL, _EMPTY = "sensor-00007", "sensor-00008"
Call = Callable[[], float]


def measure(workspace: Workspace) -> list[Result]:
    """Ask for the full day and the empty day in turns; devices before and after. By the clock, as an operator waits."""
    calls = 60 if workspace.short else 400
    with running_app(workspace, "pipeline_app", workspace.pipeline_checkout) as stage:
        _seed(stage, "DevicesTableName", [telemetry_calls.device_item(8)])
        operator = Operator(stage)
        before = [operator.devices_ms() for _ in range(calls + 1)][1:]
        _seed(stage, "DevicesTableName", map(telemetry_calls.device_item, range(_DEVICES)))
        _seed(stage, "MinutesTableName", map(telemetry_calls.minute_item, range(_MINUTES)))
        after = [operator.devices_ms() for _ in range(calls + 1)][1:]
        day = _in_turns(operator.minutes_call(_FULL, 100), operator.minutes_call(_EMPTY, 100), calls)
        whole = _in_turns(operator.day_call(_FULL), operator.day_call(_EMPTY), max(calls // 10, 10))
    return [
        *_results("list 100 minutes", day, "the same call of a device without minutes"),
        *_results("list a day's 1,440 minutes", whole, "the same calls of a device without minutes"),
        *_results("list 100 of 1,000 devices", Pair(tuple(after), tuple(before)), "the same call with one device"),
    ]


class Operator:
    """A signed-in operator with one connection."""

    def __init__(self, stage: AppStage) -> None:
        self._connection: Visitor = stage.visitor(stage.api_url)
        self._token = stage.token("olga@example.com")

    def devices_ms(self) -> float:
        """List the first page of devices."""
        return self._ms("/devices?limit=100")

    def minutes_call(self, device: str, limit: int) -> Call:
        """Return a call that lists the newest minutes of the day."""
        path = f"/devices/{device}/minutes?from={_DAY}T00:00&to={_DAY}T23:59&limit={limit}"
        return lambda: self._ms(path)

    def day_call(self, device: str) -> Call:
        """Return a call that lists the day in three parts of eight hours."""
        paths = [
            f"/devices/{device}/minutes?from={_DAY}T{hour:02}:00&to={_DAY}T{hour + 7:02}:59&limit=500"
            for hour in (0, 8, 16)
        ]
        return lambda: sum(map(self._ms, paths))

    def _ms(self, path: str) -> float:
        began = time.perf_counter()
        response = self._connection.get(path, Authorization=self._token)
        taken = (time.perf_counter() - began) * 1000
        self._connection.expect(response, 200)
        return taken


def _in_turns(ours: Call, reference: Call, calls: int) -> Pair:
    ours()
    reference()
    pairs = [(ours(), reference()) for _ in range(calls)]
    return Pair(*map(tuple, zip(*pairs, strict=True)))


def _results(name: str, samples: Pair, reference: str) -> Iterator[Result]:
    """Return the medians, and the values that one of a hundred calls exceeds."""
    yield Result(f"{name}, p50", "ms", median(samples.ours), median(samples.reference), reference, None, samples)
    ours, theirs = (quantiles(each, n=100)[98] for each in (samples.ours, samples.reference))
    yield Result(f"{name}, p99", "ms", ours, theirs, reference, None)


def _seed(stage: AppStage, output: str, items: Iterable[Any]) -> None:
    table, client = stage.outputs[output], stage.client("dynamodb")
    remaining = iter(items)
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html: 25 items at once.
    while part := list(islice(remaining, 25)):
        client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in part]})
