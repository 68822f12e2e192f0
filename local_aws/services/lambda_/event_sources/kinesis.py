"""Reads Kinesis streams as an event source: a consumer for each shard, parents before children.

The events: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html. Filters are matched with a record's decoded
data and its metadata (https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from json.encoder import encode_basestring_ascii
from typing import Any

from ministack.services import lambda_svc

from local_aws.services.kinesis import reader as stream_reader
from local_aws.services.kinesis.reader import ShardReader, StreamRecord
from local_aws.services.lambda_.event_sources.source import Record, Shard


@dataclass(frozen=True)
class KinesisShard:
    """One shard, whose records are those of Lambda's events."""

    reader: ShardReader

    @property
    def id(self) -> str:
        """The shard id."""
        return self.reader.id

    @property
    def parents(self) -> tuple[str, ...]:
        """The shards that were split or merged into this one."""
        return self.reader.parents

    @property
    def retention_seconds(self) -> float:
        """How long the stream keeps a record."""
        return self.reader.retention_seconds

    def start(self, mapping: dict[str, Any]) -> int:
        """The position that the mapping's StartingPosition names."""
        timestamp = mapping.get("StartingPositionTimestamp")
        return self.reader.start(mapping["StartingPosition"], None if timestamp is None else float(timestamp))

    def read(self, after: int) -> Iterator[Record]:
        """The unexpired records with a higher sequence number, oldest first."""
        return map(self._record, self.reader.read(after))

    def is_finished(self, after: int) -> bool:
        """Whether the shard is closed and has no record after this one."""
        return self.reader.is_finished(after)

    def _record(self, record: StreamRecord) -> Record:
        event = self._event(record)
        size = self._other_bytes + _own_bytes(record)
        return Record(record.sequence, record.partition_key, record.arrived_at, len(record.data), event, size)

    @cached_property
    def _other_bytes(self) -> int:
        """The JSON of an event without what differs between records."""
        empty = StreamRecord(0, "", "", 0.0)
        return len(json.dumps(self._event(empty))) - _own_bytes(empty)

    def _event(self, record: StreamRecord) -> dict[str, Any]:
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record.partition_key,
                "sequenceNumber": str(record.sequence),
                "data": record.data,
                "approximateArrivalTimestamp": record.arrived_at,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self.id}:{record.sequence}",
            "eventName": "aws:kinesis:record",
            "awsRegion": self.reader.region,
            "eventSourceARN": self.reader.stream_arn,
        }


def _own_bytes(record: StreamRecord) -> int:
    """What a record's own values have in the JSON of its event, where the sequence number stands twice."""
    key_bytes = len(encode_basestring_ascii(record.partition_key))
    return len(record.data) + key_bytes + 2 * len(str(record.sequence)) + len(repr(record.arrived_at))


class KinesisStreams:
    """All Kinesis streams."""

    batch_info = "KinesisBatchInfo"

    def owns(self, arn: str) -> bool:
        """Whether this is a Kinesis stream's ARN."""
        return arn.split(":")[2:3] == ["kinesis"]

    def shards(self, account: str, region: str, arn: str) -> list[Shard]:
        """All shards, parents before children."""
        return [KinesisShard(shard) for shard in stream_reader.shards(account, region, arn)]

    def positions(self, account: str, region: str, uuid: str) -> dict[str, str]:
        """The mapping's positions, in the store that MiniStack saves."""
        store = lambda_svc._kinesis_positions
        if not isinstance(store.get_scoped(account, region, uuid), dict):
            store.set_scoped(account, region, uuid, {})
        return store.get_scoped(account, region, uuid)  # type: ignore[no-any-return]

    def filtered(self, event: dict[str, Any]) -> dict[str, Any]:
        """A record's metadata and its data as JSON."""
        return lambda_svc._kinesis_record_for_match(event)  # type: ignore[no-any-return]

    def completed(self, event: dict[str, Any], role_arn: str) -> dict[str, Any]:
        """The event with the role that reads the stream."""
        return {**event, "invokeIdentityArn": role_arn}
