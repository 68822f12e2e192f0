"""Reads DynamoDB streams as an event source: the one shard that MiniStack has for each stream."""

import json
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any

from ministack.services import dynamodb, dynamodb_streams, lambda_svc

from local_aws.services.lambda_.event_sources.source import Record, Shard


class StreamShard:
    """The one shard of a stream, open or closed."""

    id: str = dynamodb_streams._DEFAULT_SHARD_ID

    parents: tuple[str, ...] = ()

    retention_seconds: float = dynamodb._STREAM_RETENTION_SECONDS

    def __init__(self, account: str, region: str, arn: str) -> None:
        self._account, self._region, self._arn = account, region, arn

    def start(self, mapping: dict[str, Any]) -> int:
        """The newest sequence number for LATEST, 0 for TRIM_HORIZON."""
        records = self._records()
        return sequence(records[-1]) if records and mapping.get("StartingPosition") == "LATEST" else 0

    def read(self, after: int) -> Iterator[Record]:
        """The unexpired records with a higher sequence number, oldest first."""
        records = self._records()
        for event in records[bisect_right(records, after, key=sequence) :]:
            yield _record(event)

    def is_finished(self, after: int) -> bool:
        """Never: a closed stream is read until its mapping is deleted."""
        return False

    def _records(self) -> list[dict[str, Any]]:
        # "If you disable a stream, the data in it stays readable for 24 hours."
        closed = dynamodb._closed_streams.get_scoped(self._account, self._region, self._arn)
        records = list(closed["records"] if closed is not None else self._open_records())
        # Only the server's event loop may call MiniStack's trim, so expired records are skipped here.
        return records[bisect_left(records, time.time() - self.retention_seconds, key=_created) :]

    def _open_records(self) -> list[dict[str, Any]]:
        scope, name = (self._account, self._region), table_name(self._arn)
        table = dynamodb._tables.get_scoped(*scope, name) or {}
        if table.get("LatestStreamArn") != self._arn:
            return []
        return dynamodb._stream_records.get_scoped(*scope, name) or []


class DynamoDbStreams:
    """All DynamoDB streams."""

    batch_info = "DDBStreamBatchInfo"

    def owns(self, arn: str) -> bool:
        """Whether this is a DynamoDB stream's ARN."""
        return arn.split(":")[2:3] == ["dynamodb"]

    def shards(self, account: str, region: str, arn: str) -> list[Shard]:
        """The one shard."""
        return [StreamShard(account, region, arn)]

    def positions(self, account: str, region: str, uuid: str) -> dict[str, str]:
        """The mapping's positions, in the store that MiniStack saves."""
        store = lambda_svc._dynamodb_stream_positions
        if not isinstance(store.get_scoped(account, region, uuid), dict):
            store.set_scoped(account, region, uuid, {})
        return store.get_scoped(account, region, uuid)  # type: ignore[no-any-return]

    def filtered(self, event: dict[str, Any]) -> dict[str, Any]:
        """The whole record."""
        return event

    def completed(self, event: dict[str, Any], role_arn: str) -> dict[str, Any]:
        """The record as it is."""
        return event


def sequence(event: dict[str, Any]) -> int:
    """A stream record's sequence number."""
    return int(event["dynamodb"]["SequenceNumber"])


def table_name(stream_arn: str) -> str:
    """The table's name in `arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<label>`."""
    return stream_arn.split("/")[1]


def _record(event: dict[str, Any]) -> Record:
    change = event["dynamodb"]
    key = json.dumps(change["Keys"], sort_keys=True)
    return Record(sequence(event), key, _created(event), change["SizeBytes"], event)


def _created(event: dict[str, Any]) -> float:
    return float(event["dynamodb"]["ApproximateCreationDateTime"])
