"""Many messages through the pipeline while everything fails now and then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

from tests.e2e.local_stage import LocalStage
from tests.e2e.pipeline.operator import APP

_FUNCTIONS = (
    *("update_fleet", "publish_alerts", "transform", "note_objects", "start_reports", "finish_report"),
    *("load_warehouse", "finish_load"),
)
# Functions are killed while they run, before or after what they have done.
_KILLS = [
    {"function": f"pipeline-local-{name}", "action": "kill", "rate": 0.1, "delay_ms": delay}
    for name in _FUNCTIONS
    for delay in (5, 60)
]
_REFUSALS = [
    {"service": "dynamodb", "action": "throttle", "rate": 0.03},
    {"service": "s3", "operation": "PutObject", "action": "fail", "rate": 0.05},
    {"service": "athena", "operation": "StartQueryExecution", "action": "throttle", "rate": 0.1},
    {"service": "athena", "operation": "RunQuery", "action": "fail", "rate": 0.1},
    {"service": "redshift-data", "action": "fail", "rate": 0.1},
    {"service": "sqs", "operation": "DeleteMessage", "action": "fail", "rate": 0.1},
]


@contextmanager
def faults(stage: LocalStage) -> Iterator[Callable[[], int]]:
    """Functions die, and services refuse, at random; yields what counts how often."""
    url = f"{stage.document['endpoint_url']}/_quartet/faults"
    try:
        for rule in [*_KILLS, *_REFUSALS]:
            requests.post(url, json=rule).raise_for_status()
        yield lambda: sum(rule["injected"] for rule in requests.get(url).json())
    finally:
        requests.delete(url).raise_for_status()


def split_shard(stage: LocalStage) -> None:
    """Split the stream's first open shard in the middle."""
    kinesis, name = stage.client("kinesis"), stage.outputs(APP)["TelemetryStreamName"]
    shards = kinesis.list_shards(StreamName=name)["Shards"]
    shard = next(one for one in shards if "EndingSequenceNumber" not in one["SequenceNumberRange"])
    first, last = (int(shard["HashKeyRange"][key]) for key in ("StartingHashKey", "EndingHashKey"))
    kinesis.split_shard(
        StreamName=name, ShardToSplit=shard["ShardId"], NewStartingHashKey=str(first + (last - first) // 2)
    )
