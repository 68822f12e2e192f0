"""DynamoDB streams that keep: records and sequence numbers survive a restart together with their tables.

A stream holds 24 hours of changes in the order in which they were made; sequence numbers only grow
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html). An iterator may stand at any sequence
number of the shard's range
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html), a shard's range
begins with the stream (API_streams_SequenceNumberRange), and a record tells its size (API_streams_StreamRecord).

MiniStack forgets all records at a restart, although what has been read of them is kept; takes only the numbers of
records; has no range for an empty stream, no size, and sequence numbers that depend on the clock. Streams made by
CloudFormation get a label that is not in their ARN.

Hooked: `dynamodb.get_state`, `load_persisted_state`, `_next_stream_seq`, `_build_change_record`;
`dynamodb_streams._get_shard_iterator`, `_describe_stream`, `_get_records`; the provisioners of tables.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import dynamodb

from local_aws.hooks import replaces, wraps
from local_aws.services.lambda_.event_sources.dynamodb import StreamShard

_Answer = tuple[int, dict[str, str], bytes]
# Microseconds leave room for a number of records each; AWS's numbers have 21 to 40 digits.
_PER_MICROSECOND = 10**9
_NUMBER = re.compile("[0-9]{1,40}")
_BY_SEQUENCE = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
_MOST_RECORDS = 1000
_lock = threading.Lock()
_last = 0


@replaces("ministack.services.dynamodb:_next_stream_seq")
def _next_sequence() -> str:
    """A number above all before, also those of before a restart."""
    global _last
    with _lock:
        _last = max(_last + 1, time.time_ns() // 1000 * _PER_MICROSECOND)
        return str(_last)


@wraps("ministack.services.dynamodb:_build_change_record")
def _with_size(build: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    record = build(*arguments)
    change = record["dynamodb"]
    images = (change.get(name) or {} for name in ("Keys", "OldImage", "NewImage"))
    change["SizeBytes"] = sum(dynamodb._item_size_bytes(image) for image in images)
    return record


def _stores() -> dict[str, Any]:
    return {
        "_stream_records": dynamodb._stream_records,
        "_stream_trimmed": dynamodb._stream_trimmed,
        "_closed_streams": dynamodb._closed_streams,
    }


@wraps("ministack.services.dynamodb:get_state")
def _with_streams(get_state: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Saves are made by a copy of the process, so nothing need be copied again."""
    streams = {**_stores(), "last_sequence": _last}
    return {**get_state(), "streams": streams}


@wraps("ministack.services.dynamodb:load_persisted_state")
def _load_streams(load: Callable[[Any], Any], data: dict[str, Any]) -> Any:
    global _last
    streams = data.get("streams") or {}
    for name, store in _stores().items():
        if name in streams:
            store.update(streams[name])
    _last = max(_last, int(streams.get("last_sequence", 0)))
    return load(data)


@wraps("ministack.services.dynamodb_streams:_get_shard_iterator")
def _get_iterator_at_any_number(get_iterator: Callable[[dict[str, Any]], _Answer], data: dict[str, Any]) -> _Answer:
    """An iterator at a number that is no record's stands at the next record."""
    number = data.get("SequenceNumber")
    if data.get("ShardIteratorType") not in _BY_SEQUENCE or not number:
        return get_iterator(data)
    if not _NUMBER.fullmatch(str(number)):
        return _invalid("Invalid SequenceNumber")
    if refused := _refused_number(data, int(number)):
        return refused
    after = int(number) - (data["ShardIteratorType"] == "AT_SEQUENCE_NUMBER")
    following = next(iter(_shard(data).read(after)), None)
    if following is None:
        return get_iterator({**data, "ShardIteratorType": "LATEST"})
    at = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": str(following.sequence)}
    return get_iterator({**data, **at})


def _shard(data: dict[str, Any]) -> StreamShard:
    return StreamShard(get_account_id(), get_region(), data.get("StreamArn") or "//")


def _refused_number(data: dict[str, Any], number: int) -> _Answer | None:
    first = next(iter(_shard(data).read(0)), None)
    arn = data.get("StreamArn") or ""
    table = dynamodb._tables.get(arn.split("/")[1]) if arn.count("/") > 1 else None
    is_trimmed = bool(table and dynamodb._stream_trimmed.get(table["TableName"]))
    if is_trimmed and first is not None and number < first.sequence:
        message = "The operation attempted to read past the oldest stream record in a shard."
        return error_response_json("TrimmedDataAccessException", message, 400)  # type: ignore[no-any-return]
    return None


def _invalid(message: str) -> _Answer:
    return error_response_json("ValidationException", message, 400)  # type: ignore[no-any-return]


@wraps("ministack.services.dynamodb_streams:_describe_stream")
def _with_range(describe: Callable[[dict[str, Any]], _Answer], data: dict[str, Any]) -> _Answer:
    """A shard's range begins when its stream does, whether or not there are records."""
    status, headers, body = describe(data)
    if status != 200:
        return status, headers, body
    answer = json.loads(body)
    description = answer["StreamDescription"]
    began = datetime.fromisoformat(description["StreamLabel"].removesuffix("Z")).replace(tzinfo=UTC)
    description["CreationRequestDateTime"] = began.timestamp()
    for shard in description["Shards"]:
        shard["SequenceNumberRange"]["StartingSequenceNumber"] = str(
            int(began.timestamp() * 1_000_000) * _PER_MICROSECOND
        )
    return status, headers, json.dumps(answer).encode()


@wraps("ministack.services.dynamodb_streams:_get_records")
def _with_identity_of_the_api(get_records: Callable[[dict[str, Any]], _Answer], data: dict[str, Any]) -> _Answer:
    """The API's identity has other names than the one in Lambda's events."""
    limit = data.get("Limit", _MOST_RECORDS)
    if limit > _MOST_RECORDS:
        return _invalid(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
            f"Member must have value less than or equal to {_MOST_RECORDS}"
        )
    status, headers, body = get_records(data)
    if b'"userIdentity"' not in body:
        return status, headers, body
    answer = json.loads(body)
    for record in answer["Records"]:
        if "userIdentity" in record:
            record["userIdentity"] = {
                name[0].upper() + name[1:]: value for name, value in record["userIdentity"].items()
            }
    return status, headers, json.dumps(answer).encode()


@wraps(
    "ministack.services.cloudformation.provisioners:_ddb_create",
    "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[AWS::DynamoDB::Table][create]",
)
def _with_label_of_arn(create: Callable[..., Any], *arguments: Any) -> Any:
    name, attributes = create(*arguments)
    table = dynamodb._tables[name]
    if arn := table.get("LatestStreamArn"):
        # The API's labels have no Z, and so do not CloudFormation's on AWS.
        table["LatestStreamArn"] = attributes["StreamArn"] = arn.removesuffix("Z")
        table["LatestStreamLabel"] = table["LatestStreamArn"].rpartition("/")[2]
    return name, attributes
