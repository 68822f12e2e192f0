"""SplitShard, MergeShards and UpdateShardCount: the old shards are closed and keep their records.

https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-resharding.html. UpdateShardCount splits and
merges shards until all have the same size; it at most doubles or halves their number
(https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html). Here a stream is ACTIVE again at
once. MiniStack deletes the old shards with their records.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response
from ministack.services import kinesis

from local_aws.hooks import replaces, wraps
from local_aws.services.kinesis import reader, stream_data
from local_aws.services.kinesis.errors import Answer, error, invalid, no_shard, no_stream
from local_aws.services.kinesis.sequence_numbers import next_sequence_number
from local_aws.services.kinesis.stream_data import Stream


@replaces("ministack.services.kinesis:_split_shard")
def _split_shard(data: dict[str, Any]) -> Answer:
    shard_id, starting = data.get("ShardToSplit"), data.get("NewStartingHashKey") or ""
    stream = _stream_to_change(data, shard_id)
    if isinstance(stream, tuple):
        return stream
    shard = stream["shards"][shard_id]
    if not starting.isdigit() or not int(shard["starting_hash_key"]) < int(starting) < int(shard["ending_hash_key"]):
        return invalid(f"NewStartingHashKey {starting} is not inside the hash key range of shard {shard_id}.")
    with stream_data.lock:
        _split(stream, str(shard_id), int(starting))
    reader.notify(stream["StreamARN"])
    return json_response({})  # type: ignore[no-any-return]


@replaces("ministack.services.kinesis:_merge_shards")
def _merge_shards(data: dict[str, Any]) -> Answer:
    shard_id, other_id = data.get("ShardToMerge"), data.get("AdjacentShardToMerge")
    stream = _stream_to_change(data, shard_id, other_id)
    if isinstance(stream, tuple):
        return stream
    low, high = sorted((stream["shards"][name] for name in (shard_id, other_id)), key=_starting)
    if int(low["ending_hash_key"]) + 1 != _starting(high):
        return invalid(f"Shards {shard_id} and {other_id} are not adjacent.")
    with stream_data.lock:
        _merge(stream, str(shard_id), str(other_id))
    reader.notify(stream["StreamARN"])
    return json_response({})  # type: ignore[no-any-return]


@replaces("ministack.services.kinesis:_update_shard_count")
def _update_shard_count(data: dict[str, Any]) -> Answer:
    stream = _stream_to_change(data)
    if isinstance(stream, tuple):
        return stream
    target, current = int(data.get("TargetShardCount") or 0), len(stream_data.open_shards(stream))
    if target < 1 or target == current or data.get("ScalingType") != "UNIFORM_SCALING":
        return invalid(f"TargetShardCount {target} of {current} or ScalingType is not valid.")
    if not current / 2 <= target <= current * 2:
        return error("LimitExceededException", f"UpdateShardCount cannot go from {current} to {target} shards.")
    _scale(stream, target)
    names = {name: stream[name] for name in ("StreamName", "StreamARN")}
    return json_response({**names, "CurrentShardCount": current, "TargetShardCount": target})  # type: ignore[no-any-return]


@wraps("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[AWS::Kinesis::Stream][update]")
def _scale_by_template(update: Callable[..., Any], physical_id: str, old: Any, new: Any, stack_name: str) -> Any:
    updated = update(physical_id, old, new, stack_name)
    stream, target = kinesis._streams.get(updated[0]), int(new.get("ShardCount") or 0)
    if stream is not None and target and target != len(stream_data.open_shards(stream)):
        _scale(stream, target)
    return updated


def _stream_to_change(data: dict[str, Any], *shard_ids: str | None) -> Stream | Answer:
    """The stream of a request, or the error for it."""
    name, stream = kinesis._resolve_stream(data)
    if stream is None:
        return no_stream(name)
    if stream["StreamModeDetails"]["StreamMode"] == "ON_DEMAND":
        return error("ValidationException", f"Stream {name} is on demand: its shards cannot be changed.")
    for shard_id in shard_ids:
        if shard_id not in stream["shards"]:
            return no_shard(shard_id, stream["StreamName"])
        if stream_data.is_closed(stream["shards"][shard_id]):
            return invalid(f"Shard {shard_id} is closed.")
    return stream  # type: ignore[no-any-return]


def _scale(stream: Stream, target: int) -> None:
    """Split the shards at the new bounds, then merge the shards between two bounds."""
    ranges = [(int(start), int(end)) for start, end in kinesis._compute_hash_ranges(target)]
    with stream_data.lock:
        for start, _ in ranges[1:]:
            shard_id = stream_data.open_shard_of(start, stream)
            if _starting(stream["shards"][shard_id]) != start:
                _split(stream, shard_id, start)
        for start, end in ranges:
            _merge_between(stream, start, end)
    reader.notify(stream["StreamARN"])


def _merge_between(stream: Stream, start: int, end: int) -> None:
    first = stream_data.open_shard_of(start, stream)
    while (last := int(stream["shards"][first]["ending_hash_key"])) < end:
        first = _merge(stream, first, stream_data.open_shard_of(last + 1, stream))


def _split(stream: Stream, shard_id: str, starting: int) -> None:
    shard = stream["shards"][shard_id]
    stream_data.close(shard)
    for start, end in ((_starting(shard), starting - 1), (starting, int(shard["ending_hash_key"]))):
        _add_shard(stream, start, end, shard_id)


def _merge(stream: Stream, shard_id: str, other_id: str) -> str:
    parents = [stream["shards"][name] for name in (shard_id, other_id)]
    for shard in parents:
        stream_data.close(shard)
    ends = [int(shard["ending_hash_key"]) for shard in parents]
    return _add_shard(stream, min(map(_starting, parents)), max(ends), shard_id, other_id)


def _add_shard(stream: Stream, start: int, end: int, parent_id: str, adjacent_id: str | None = None) -> str:
    shard_id = f"shardId-{kinesis._max_shard_index(stream) + 1:012d}"
    stream["shards"][shard_id] = {
        "records": [],
        "starting_hash_key": str(start),
        "ending_hash_key": str(end),
        "starting_sequence_number": next_sequence_number(),
        "parent_shard_id": parent_id,
        "adjacent_parent_shard_id": adjacent_id,
    }
    return shard_id


def _starting(shard: stream_data.ShardData) -> int:
    return int(shard["starting_hash_key"])
