"""GetShardIterator and GetRecords over open and closed shards.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html: at the end of a closed shard there is no
next iterator, and the answer names the child shards. A call returns up to 10,000 records and 10 MiB. An iterator is
valid for 5 minutes; here it contains its position, so that it is not stored.

MiniStack's iterators are indexes in a list that becomes shorter when records expire, and none of its shards ends.
"""

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import kinesis

from local_aws.hooks import replaces, wraps
from local_aws.services.kinesis import limits, reader, stream_data
from local_aws.services.kinesis.errors import (
    EXCEEDED,
    Answer,
    constraint,
    error,
    exceeded,
    invalid,
    no_shard,
    no_stream,
)
from local_aws.services.kinesis.reader import ShardReader, StreamRecord
from local_aws.services.kinesis.stream_data import Stream

MAX_RECORDS = 10_000
MAX_BYTES = 10 * 1024 * 1024
_ITERATOR_SECONDS = 300
_NUMBER = re.compile("0|[1-9][0-9]{0,128}")
_POSITIONS = ("LATEST", "TRIM_HORIZON", "AT_TIMESTAMP")
_BY_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
_throughputs = limits.Throughputs(limits.READS)


@dataclass(frozen=True)
class Iterator:
    """A position in a shard: after the record with this sequence number."""

    stream_arn: str
    shard_id: str
    after: int
    created_at: float

    def token(self) -> str:
        """The iterator as the API's text."""
        fields = [self.stream_arn, self.shard_id, str(self.after), self.created_at]
        return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()


def iterator_of(token: str) -> Iterator | None:
    """Read the API's text; None if it is not an iterator."""
    try:
        arn, shard_id, after, created_at = json.loads(base64.urlsafe_b64decode(token))
        return Iterator(str(arn), str(shard_id), int(after), float(created_at))
    except (ValueError, TypeError):
        return None


@replaces("ministack.services.kinesis:_get_shard_iterator")
def _get_shard_iterator(data: dict[str, Any]) -> Answer:
    name, stream = kinesis._resolve_stream(data)
    if stream is None:
        return no_stream(name)
    shard = _shard_reader(stream["StreamARN"], data.get("ShardId") or "")
    if shard is None:
        return no_shard(data.get("ShardId"), stream["StreamName"])
    after = _after(shard, data)
    if isinstance(after, str):
        return invalid(after)
    iterator = Iterator(stream["StreamARN"], shard.id, after, time.time())
    return json_response({"ShardIterator": iterator.token()})  # type: ignore[no-any-return]


def _after(shard: ShardReader, data: dict[str, Any]) -> int | str:
    """The position that a request names, or the text of its error."""
    kind, number, timestamp = (data.get(n) for n in ("ShardIteratorType", "StartingSequenceNumber", "Timestamp"))
    if kind in _BY_NUMBER:
        if not _NUMBER.fullmatch(str(number)):
            return f"StartingSequenceNumber {number} is not valid for {kind}."
        return int(str(number)) - int(kind == "AT_SEQUENCE_NUMBER")
    if kind not in _POSITIONS or (kind == "AT_TIMESTAMP" and timestamp is None):
        return f"ShardIteratorType {kind} is not valid, or Timestamp is missing."
    return shard.start(str(kind), None if timestamp is None else float(timestamp))


@replaces("ministack.services.kinesis:_get_records")
def _get_records(data: dict[str, Any]) -> Answer:
    limit, iterator = data.get("Limit", MAX_RECORDS), iterator_of(data.get("ShardIterator") or "")
    if not 1 <= limit <= MAX_RECORDS:
        return error("ValidationException", constraint("limit", f"be between 1 and {MAX_RECORDS}"))
    if iterator is None or data.get("StreamARN") not in (None, iterator.stream_arn):
        return invalid("Invalid ShardIterator.")
    if time.time() - iterator.created_at > _ITERATOR_SECONDS:
        return error("ExpiredIteratorException", "Iterator expired. Iterators are valid for 300 seconds.")
    stream = kinesis._resolve_stream_by_arn(iterator.stream_arn)
    if stream is None:
        return no_stream(iterator.stream_arn.rpartition("/")[2])
    shard = _shard_reader(iterator.stream_arn, iterator.shard_id)
    if shard is None:
        return no_shard(iterator.shard_id, stream["StreamName"])
    throughput = _throughputs.of(shard.stream_arn, shard.id)
    if not throughput.take_call():
        return error(EXCEEDED, exceeded(shard.id, stream["StreamName"]))
    records, size_bytes = _read(shard, iterator.after, limit)
    throughput.take_bytes(size_bytes)
    return json_response(_answer(stream, shard, iterator.after, records))  # type: ignore[no-any-return]


def _shard_reader(stream_arn: str, shard_id: str) -> ShardReader | None:
    shards = reader.shards(get_account_id(), get_region(), stream_arn)
    return next((shard for shard in shards if shard.id == shard_id), None)


def _read(shard: ShardReader, after: int, limit: int) -> tuple[list[StreamRecord], int]:
    """The next records within the limits of a call, and their bytes."""
    records: list[StreamRecord] = []
    size_bytes = 0
    for record in shard.read(after):
        size = len(record.data) * 3 // 4 + len(record.partition_key.encode())
        if len(records) == limit or (records and size_bytes + size > MAX_BYTES):
            break
        records.append(record)
        size_bytes += size
    return records, size_bytes


def _answer(stream: Stream, shard: ShardReader, after: int, records: list[StreamRecord]) -> dict[str, Any]:
    after = records[-1].sequence if records else after
    following = next(shard.read(after), None)
    answer: dict[str, Any] = {
        "Records": [_described(record, stream["EncryptionType"]) for record in records],
        "MillisBehindLatest": 0 if following is None else max(0, int((time.time() - following.arrived_at) * 1000)),
    }
    if shard.is_finished(after):
        answer["ChildShards"] = _children(stream, shard.id)
    else:
        answer["NextShardIterator"] = Iterator(shard.stream_arn, shard.id, after, time.time()).token()
    return answer


def _described(record: StreamRecord, encryption: str) -> dict[str, Any]:
    return {
        "SequenceNumber": str(record.sequence),
        "ApproximateArrivalTimestamp": record.arrived_at,
        "Data": record.data,
        "PartitionKey": record.partition_key,
        "EncryptionType": encryption,
    }


def _children(stream: Stream, shard_id: str) -> list[dict[str, Any]]:
    children = []
    for child_id, shard in sorted(stream["shards"].items()):
        parents = [shard[name] for name in ("parent_shard_id", "adjacent_parent_shard_id") if shard[name]]
        if shard_id in parents:
            keys = {"StartingHashKey": shard["starting_hash_key"], "EndingHashKey": shard["ending_hash_key"]}
            children.append({"ShardId": child_id, "ParentShards": parents, "HashKeyRange": keys})
    return children


@wraps("ministack.services.kinesis:_list_shards")
def _refuse_filter(list_shards: Callable[[dict[str, Any]], Answer], data: dict[str, Any]) -> Answer:
    if data.get("ShardFilter"):
        return invalid("ShardFilter is not supported by the embedded AWS.")
    return list_shards(data)


@wraps("ministack.services.kinesis:_describe_stream_summary")
def _with_open_shards(describe: Callable[[dict[str, Any]], Answer], data: dict[str, Any]) -> Answer:
    status, headers, body = describe(data)
    _, stream = kinesis._resolve_stream(data)
    if stream is None:
        return status, headers, body
    answer = json.loads(body)
    answer["StreamDescriptionSummary"]["OpenShardCount"] = len(stream_data.open_shards(stream))
    return status, headers, json.dumps(answer).encode()


@wraps("ministack.services.kinesis:_resolve_stream")
def _resolve_unambiguous(resolve: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> Any:
    """Refuse a name and an ARN of two streams: IAM authorizes the ARN's."""
    name, stream = resolve(data)
    is_ambiguous = stream is not None and data.get("StreamARN") not in (None, "", stream["StreamARN"])
    return (name, None) if is_ambiguous else (name, stream)
