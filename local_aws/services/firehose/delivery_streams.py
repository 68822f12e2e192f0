"""Delivery streams: their operations, their state, and one runner for each.

MiniStack keeps the description of a delivery stream. A runner starts with its delivery stream, or after the state is
loaded, and ends with it. At the server's stop the records in the buffers are saved with the state. A save while the
server runs has the positions from which they can be read again.
"""

import copy
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import firehose

from local_aws import main_loop
from local_aws.hooks import prepares, replaces, wraps
from local_aws.services.firehose.buffers import Buffers
from local_aws.services.firehose.configuration import destination_of
from local_aws.services.firehose.runner import Runner, StreamAndDestination
from local_aws.services.firehose.source import KinesisSource
from local_aws.services.firehose.validation import DESTINATION, problem_of_stream
from local_aws.services.kinesis import reader
from local_aws.settings import Settings
from local_aws.state import persistence

_FIREHOSE = "ministack.services.firehose"
_RESOURCE = "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[AWS::KinesisFirehose::DeliveryStream]"
Json = dict[str, Any]
Answer = tuple[int, dict[str, str], Any]
Operation = Callable[[Json], Answer]
Scope = tuple[str, str]

_runners: dict[tuple[str, str, str], Runner] = {}
_lock = threading.RLock()
_time_scale = 1.0
_is_stopping = False


@prepares
def _prepare(settings: Settings) -> None:
    global _time_scale
    _time_scale = settings.firehose_time_scale
    main_loop.call_before_stop(_stop)
    reader.listen(_wake_readers_of)


def _stop() -> None:
    global _is_stopping
    _is_stopping = True
    for runner in list(_runners.values()):
        runner.end()


def _wake_readers_of(stream_arn: str) -> None:
    for runner in list(_runners.values()):
        if runner.source.stream_arn == stream_arn:
            runner.wake()


# ---- operations ----


@wraps(f"{_FIREHOSE}:_create_delivery_stream", f"{_FIREHOSE}:_HANDLERS[CreateDeliveryStream]")
def _create(create: Operation, data: Json) -> Answer:
    if problem := problem_of_stream(data):
        return _invalid(problem)
    arn = data["KinesisStreamSourceConfiguration"]["KinesisStreamARN"]
    if not reader.shards(get_account_id(), get_region(), arn):
        return _invalid(f"Kinesis stream {arn} does not exist.")
    answer = create(data)
    if answer[0] < 300:
        name = data["DeliveryStreamName"]
        positions = KinesisSource.of(firehose._streams[name]).newest()
        _start((get_account_id(), get_region()), name, {"positions": positions})
    return answer


@wraps(f"{_FIREHOSE}:_delete_delivery_stream", f"{_FIREHOSE}:_HANDLERS[DeleteDeliveryStream]")
def _delete(delete: Operation, data: Json) -> Answer:
    answer = delete(data)
    if answer[0] < 300:
        with _lock:
            runner = _runners.pop((get_account_id(), get_region(), data["DeliveryStreamName"]), None)
        if runner is not None:
            runner.end()
    return answer


@wraps(f"{_RESOURCE}[update]")
def _update_resource(update: Callable[..., Any], physical_id: str, old: Json, new: Json, *rest: Any) -> Any:
    """Check the new configuration of a template, which MiniStack sets as it is."""
    data = {**new, "DeliveryStreamName": new.get("DeliveryStreamName") or physical_id}
    if problem := problem_of_stream(data) or _problem_of_change(old.get(DESTINATION) or {}, new[DESTINATION]):
        raise ValueError(problem)
    return update(physical_id, old, new, *rest)


def _problem_of_change(old: Json, new: Json) -> str:
    """Why a destination cannot be changed in this way; empty if it can.

    https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-enable.html
    """
    is_partitioned = [
        bool((config.get("DynamicPartitioningConfiguration") or {}).get("Enabled")) for config in (old, new)
    ]
    if is_partitioned[0] != is_partitioned[1]:
        return "Dynamic Partitioning cannot be enabled or disabled for an existing delivery stream."
    return ""


def _invalid(message: str) -> Answer:
    """Answer that an argument is invalid."""
    return error_response_json("InvalidArgumentException", message, 400)  # type: ignore[no-any-return]


@replaces(f"{_FIREHOSE}:ingest_from_kinesis_source")
def _ingest(stream_arn: str, records: list[Any]) -> None:
    """MiniStack's Kinesis calls this for each put; a Kinesis source is read by its runner."""


# ---- state ----


@wraps(f"{_FIREHOSE}:get_state")
def _with_buffers(get_state: Callable[[], Json]) -> Json:
    saved = [[*key, runner.buffers.saved(with_records=_is_stopping)] for key, runner in list(_runners.items())]
    return {**get_state(), "buffers": saved}


@wraps(f"{_FIREHOSE}:load_persisted_state")
def _load(load: Callable[[Json], None], data: Json) -> None:
    load(data)
    for account, region, name, state in copy.deepcopy(data.get("buffers", [])):
        if firehose._streams.get_scoped(account, region, name) is not None:
            persistence.when_loaded(partial(_start, (account, region), name, state))


def _start(scope: Scope, name: str, state: Json) -> None:
    stream = firehose._streams.get_scoped(*scope, name)
    buffers = Buffers(state["positions"])
    buffers.restore(state)
    runner = Runner(
        scope=scope,
        name=name,
        source=KinesisSource.of(stream),
        buffers=buffers,
        stream=lambda: _described(scope, name),
        time_scale=_time_scale,
    )
    with _lock:
        _runners[(*scope, name)] = runner
    runner.start()


def _described(scope: Scope, name: str) -> StreamAndDestination | None:
    stream = firehose._streams.get_scoped(*scope, name)
    if stream is None or not stream["destinations"]:
        return None
    return stream, destination_of(stream["destinations"][0]["config"], scope[1])
