"""PutRecord and PutRecords with Kinesis's limits; `put` is what other services write a stream with.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html: up to 500 records and 10 MiB a call, each
with up to 1 MiB of data and key unless the stream's maximum is raised; records that exceed their shard's throughput
fail alone. MiniStack writes all records, and hands each to delivery streams that have the stream as their source;
Firehose reads streams itself here.
"""

import base64
import binascii
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ministack.core.responses import json_response
from ministack.services import kinesis

from local_aws.hooks import replaces
from local_aws.services.kinesis import limits, reader, stream_data
from local_aws.services.kinesis.errors import EXCEEDED, Answer, constraint, error, exceeded, no_stream
from local_aws.services.kinesis.sequence_numbers import next_sequence_number
from local_aws.services.kinesis.stream_data import Stream
from local_aws.state import saver

MAX_RECORDS = 500
MAX_RECORD_BYTES = 1024 * 1024
MAX_CALL_BYTES = 10 * 1024 * 1024
_MAX_KEY_LENGTH = 256
_HASH_KEY = re.compile("0|[1-9][0-9]{0,38}")
_throughputs = limits.Throughputs(limits.WRITES)


class InvalidRecord(Exception):
    """Kinesis refuses the call because of this record."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to put. Its size is that of key and data."""

    partition_key: str
    # In base64.
    data: str
    hash_key: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PutResult:
    """What became of one record; `sequence_number` is None if the shard's throughput was exceeded."""

    shard_id: str
    sequence_number: str | None


def new_record(partition_key: str, data: str, explicit_hash_key: str | None = None) -> NewRecord:
    """Check a record; `data` is base64.

    Raises
    ------
    InvalidRecord
        With the error that Kinesis answers.
    """
    _require_key(partition_key)
    try:
        data_bytes = len(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError) as not_base64:
        raise InvalidRecord("SerializationException", "Data is not valid base64.") from not_base64
    return _sized(partition_key, data, data_bytes, explicit_hash_key)


def new_record_of(partition_key: str, data: bytes) -> NewRecord:
    """Check a record of another service; raises InvalidRecord, with the error that Kinesis answers."""
    _require_key(partition_key)
    return _sized(partition_key, base64.b64encode(data).decode(), len(data), None)


def _require_key(partition_key: str) -> None:
    if not 1 <= len(partition_key) <= _MAX_KEY_LENGTH:
        raise InvalidRecord("ValidationException", constraint("partitionKey", "have length between 1 and 256"))


def _sized(partition_key: str, data: str, data_bytes: int, explicit_hash_key: str | None) -> NewRecord:
    size_bytes = data_bytes + len(partition_key.encode())
    if size_bytes > MAX_RECORD_BYTES:
        raise InvalidRecord(
            "InvalidArgumentException", f"A record has {size_bytes} bytes of data and key: {MAX_RECORD_BYTES} at most."
        )
    return NewRecord(partition_key, data, _hash_key(partition_key, explicit_hash_key), size_bytes)


@lru_cache(maxsize=4096)
def _hash_key(partition_key: str, explicit: str | None) -> int:
    if explicit is None:
        return int(kinesis._partition_key_to_hash(partition_key))
    if not _HASH_KEY.fullmatch(explicit) or int(explicit) > kinesis.MAX_HASH_KEY:
        raise InvalidRecord(
            "InvalidArgumentException", f"Invalid ExplicitHashKey. It must be in [0, 2^128-1]: {explicit}"
        )
    return int(explicit)


def put(stream: Stream, records: Iterable[NewRecord]) -> list[PutResult]:
    """Put records in their order; the ones that exceed their shard's throughput are left out. Any thread may call."""
    with stream_data.lock:
        stream_data.expire_now_and_then(stream)
        routes = stream_data.routes_of(stream)
        results = [_put_one(stream, routes.shard_of(record.hash_key), record) for record in records]
    saver.mark_changed()
    reader.notify(stream["StreamARN"])
    return results


def _put_one(stream: Stream, shard_id: str, record: NewRecord) -> PutResult:
    if not _throughputs.of(stream["StreamARN"], shard_id).take(record.size_bytes):
        return PutResult(shard_id, None)
    sequence_number = next_sequence_number()
    stream["shards"][shard_id]["records"].append(
        {
            "SequenceNumber": sequence_number,
            "ApproximateArrivalTimestamp": round(time.time(), 3),
            "Data": record.data,
            "PartitionKey": record.partition_key,
        }
    )
    return PutResult(shard_id, sequence_number)


@replaces("ministack.services.kinesis:_put_record")
def _put_record(data: dict[str, Any]) -> Answer:
    name, stream = kinesis._resolve_stream(data)
    if stream is None:
        return no_stream(name)
    try:
        (result,) = put(stream, [_requested(data)])
    except InvalidRecord as refusal:
        return error(refusal.code, str(refusal))
    if result.sequence_number is None:
        return error(EXCEEDED, exceeded(result.shard_id, stream["StreamName"]))
    return json_response(_described(result, stream) | {"EncryptionType": stream["EncryptionType"]})  # type: ignore[no-any-return]


@replaces("ministack.services.kinesis:_put_records")
def _put_records(data: dict[str, Any]) -> Answer:
    name, stream = kinesis._resolve_stream(data)
    if stream is None:
        return no_stream(name)
    requested = data.get("Records") or []
    if not 1 <= len(requested) <= MAX_RECORDS:
        return error("ValidationException", constraint("records", f"have length between 1 and {MAX_RECORDS}"))
    try:
        records = [_requested(record) for record in requested]
    except InvalidRecord as refusal:
        return error(refusal.code, str(refusal))
    if sum(record.size_bytes for record in records) > MAX_CALL_BYTES:
        return error("InvalidArgumentException", f"The records have more than {MAX_CALL_BYTES} bytes.")
    results = put(stream, records)
    answer = {
        "FailedRecordCount": sum(result.sequence_number is None for result in results),
        "Records": [_described(result, stream) for result in results],
        "EncryptionType": stream["EncryptionType"],
    }
    return json_response(answer)  # type: ignore[no-any-return]


def _requested(data: dict[str, Any]) -> NewRecord:
    return new_record(data.get("PartitionKey") or "", data.get("Data") or "", data.get("ExplicitHashKey"))


def _described(result: PutResult, stream: Stream) -> dict[str, str]:
    if result.sequence_number is None:
        return {"ErrorCode": EXCEEDED, "ErrorMessage": exceeded(result.shard_id, stream["StreamName"])}
    return {"ShardId": result.shard_id, "SequenceNumber": result.sequence_number}
