"""Keeps the records and sequence numbers of DynamoDB streams over a restart, and completes the streams API.

A stream has the changes of 24 hours in order; sequence numbers only grow
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html). An iterator may begin at any sequence
number of the shard's range
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html), a shard's range
begins with the stream (API_streams_SequenceNumberRange), and a record has its size (API_streams_StreamRecord).

MiniStack loses all records at a restart, but keeps the positions of readers. It accepts only sequence numbers of
records, has no range for an empty stream and no size, and its sequence numbers depend on the clock. Streams that
CloudFormation creates get a label that is not in their ARN.
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
# Room for many records in each microsecond. AWS's sequence numbers have 21 to 40 digits.
_PER_MICROSECOND = 10**9
_NUMBER = re.compile("[0-9]{1,40}")
_BY_SEQUENCE = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
_MAX_RECORDS = 1000
_lock = threading.Lock()
_last = 0


@replaces("ministack.services.dynamodb:_next_stream_seq")
def _next_sequence() -> str:
    """A sequence number above all earlier ones, including those before a restart."""
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
    """Add the streams to the saved state. A forked process saves, so a copy is not needed."""
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
    """Make an iterator at a sequence number that no record has begin at the next record."""
    number = data.get("SequenceNumber")
    if data.get("ShardIteratorType") not in _BY_SEQUENCE or not number:
        return get_iterator(data)
    if not _NUMBER.fullmatch(str(number)):
        return _invalid("Invalid SequenceNumber")
    if error := _trimmed_error(data, int(number)):
        return error
    after = int(number) - (data["ShardIteratorType"] == "AT_SEQUENCE_NUMBER")
    following = next(iter(_shard(data).read(after)), None)
    if following is None:
        return get_iterator({**data, "ShardIteratorType": "LATEST"})
    position = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": str(following.sequence)}
    return get_iterator({**data, **position})


def _shard(data: dict[str, Any]) -> StreamShard:
    return StreamShard(get_account_id(), get_region(), data.get("StreamArn") or "//")


def _trimmed_error(data: dict[str, Any], number: int) -> _Answer | None:
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
    """Begin a shard's range with its stream, whether or not it has records."""
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
    """Rename the fields of the identity, which differ between this API and Lambda's events."""
    limit = data.get("Limit", _MAX_RECORDS)
    if limit > _MAX_RECORDS:
        return _invalid(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
            f"Member must have value less than or equal to {_MAX_RECORDS}"
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
        # On AWS stream labels have no Z, also for tables of CloudFormation.
        table["LatestStreamArn"] = attributes["StreamArn"] = arn.removesuffix("Z")
        table["LatestStreamLabel"] = table["LatestStreamArn"].rpartition("/")[2]
    return name, attributes
