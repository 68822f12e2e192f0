"""A delivery stream's source: a Kinesis stream, read with the permissions of a role."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.services.firehose.configuration import SERVICE
from local_aws.services.firehose.records import Position, SourceRecord
from local_aws.services.iam.service_roles import require_permission
from local_aws.services.kinesis import reader

# https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
_ACTIONS = ("DescribeStream", "GetShardIterator", "GetRecords", "ListShards")


@dataclass(frozen=True)
class KinesisSource:
    """A Kinesis stream. Its records are read in the order of their shards."""

    account: str
    region: str
    stream_arn: str
    role_arn: str

    @classmethod
    def of(cls, stream: dict[str, Any]) -> "KinesisSource":
        """The source of a delivery stream of MiniStack's store."""
        source = stream["kinesis_source"]
        _, _, _, region, account, _ = source["KinesisStreamARN"].split(":", 5)
        return cls(account, region, source["KinesisStreamARN"], source["RoleARN"])

    def unread(self, positions: Mapping[str, int]) -> Iterator[SourceRecord]:
        """The records after these positions, of the shards whose parents are read; raises RoleRefuses."""
        for action in _ACTIONS:
            require_permission(self.role_arn, SERVICE, f"kinesis:{action}", self.stream_arn)
        shards = reader.shards(self.account, self.region, self.stream_arn)
        for shard in reader.readable(shards, lambda shard: positions.get(shard.id, 0)):
            for record in shard.read(after=positions.get(shard.id, 0)):
                position = Position(shard.id, record.sequence)
                yield SourceRecord(position, record.data, record.arrived_at, record.partition_key)

    def newest(self) -> dict[str, int]:
        """The positions of a new delivery stream: a Kinesis source is read from LATEST."""
        shards = reader.shards(self.account, self.region, self.stream_arn)
        return {shard.id: shard.start("LATEST") for shard in shards}
