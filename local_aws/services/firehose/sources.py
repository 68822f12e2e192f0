"""Where a delivery stream gets its records from: Direct PUT, or a Kinesis stream."""

import base64
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from local_aws.services.firehose.configuration import SERVICE
from local_aws.services.firehose.records import Position, SourceRecord
from local_aws.services.iam.service_roles import require_permission
from local_aws.services.kinesis import reader

DIRECT_PUT = "direct-put"
# More records that wait for their delivery are refused.
_MAX_WAITING = 500_000
# https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html: what the role of a Kinesis source may do.
_KINESIS_ACTIONS = ("DescribeStream", "GetShardIterator", "GetRecords", "ListShards")


class Source(Protocol):
    """Records in shards; each is read in the order of its sequence numbers."""

    def unread(self, positions: Mapping[str, int]) -> Iterator[SourceRecord]:
        """The records after these positions; raises RoleRefuses."""

    def forget(self, checkpoints: Callable[[], Mapping[str, int]]) -> None:
        """Free what is before the checkpoints."""


@dataclass
class DirectPut:
    """The records that PutRecord and PutRecordBatch have accepted. Any thread may put."""

    records: list[SourceRecord] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    # A later run of the server continues with higher numbers.
    _sequences: Iterator[int] = field(default_factory=lambda: count(time.time_ns()), repr=False)

    @property
    def has_room(self) -> bool:
        """Whether more records are accepted."""
        return len(self.records) < _MAX_WAITING

    def put(self, data: Iterable[bytes]) -> list[str]:
        """Accept records; returns their record ids."""
        now = time.time()
        with self._lock:
            new = [
                SourceRecord(Position(DIRECT_PUT, next(self._sequences)), base64.b64encode(item).decode(), now)
                for item in data
            ]
            self.records.extend(new)
        return [record.id for record in new]

    def unread(self, positions: Mapping[str, int]) -> Iterator[SourceRecord]:
        """The records after these positions."""
        after = positions.get(DIRECT_PUT, 0)
        return (record for record in list(self.records) if record.position.sequence > after)

    def forget(self, checkpoints: Callable[[], Mapping[str, int]]) -> None:
        """Free what is before the checkpoint."""
        after = checkpoints().get(DIRECT_PUT, 0)
        with self._lock:
            self.records = [record for record in self.records if record.position.sequence > after]


@dataclass(frozen=True)
class KinesisSource:
    """A Kinesis stream, read with the permissions of a role."""

    account: str
    region: str
    stream_arn: str
    role_arn: str

    def unread(self, positions: Mapping[str, int]) -> Iterator[SourceRecord]:
        """The records after these positions, of the shards whose parents are read; raises RoleRefuses."""
        for action in _KINESIS_ACTIONS:
            require_permission(self.role_arn, SERVICE, f"kinesis:{action}", self.stream_arn)
        shards = reader.shards(self.account, self.region, self.stream_arn)
        for shard in reader.readable(shards, lambda shard: positions.get(shard.id, 0)):
            for record in shard.read(after=positions.get(shard.id, 0)):
                yield SourceRecord(
                    Position(shard.id, record.sequence), record.data, record.arrived_at, record.partition_key
                )

    def forget(self, checkpoints: Callable[[], Mapping[str, int]]) -> None:
        """The stream keeps its records."""

    def newest(self) -> dict[str, int]:
        """The positions of a new delivery stream: a Kinesis source is read from LATEST."""
        shards = reader.shards(self.account, self.region, self.stream_arn)
        return {shard.id: shard.start("LATEST") for shard in shards}


def kinesis_source(stream: dict[str, Any]) -> KinesisSource | None:
    """The Kinesis source of a delivery stream of MiniStack's store; None for Direct PUT."""
    source = stream.get("kinesis_source")
    if not source:
        return None
    _, _, _, region, account, _ = source["KinesisStreamARN"].split(":", 5)
    return KinesisSource(account, region, source["KinesisStreamARN"], source["RoleARN"])
