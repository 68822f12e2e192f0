"""Where the delivery is in the Kinesis stream.

A shard may be read five times a second, by all consumers together; the delivery and `update_fleet` read once a second.
https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from common.errors import Busy


class StreamPosition:
    """Reads one stream; `client` makes a client of Kinesis."""

    def __init__(self, client: Callable[[], Any], name: str) -> None:
        self._client = client
        self._name = name

    def oldest_after(self, positions: Mapping[str, str], since: int) -> int | None:
        """Read the first record of each shard after its position."""
        client = self._client()
        try:
            arrivals = [self._first(client, shard_id, positions, since) for shard_id in self._shard_ids(client)]
        except client.exceptions.ProvisionedThroughputExceededException as error:
            raise Busy(self._name) from error
        return min((arrival for arrival in arrivals if arrival is not None), default=None)

    def _first(self, client: Any, shard_id: str, positions: Mapping[str, str], since: int) -> int | None:
        position: dict[str, Any] = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": since / 1000}
        if shard_id in positions:
            number = positions[shard_id]
            position = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": number}
        iterator = client.get_shard_iterator(StreamName=self._name, ShardId=shard_id, **position)["ShardIterator"]
        records = client.get_records(ShardIterator=iterator, Limit=1)["Records"]
        return round(records[0]["ApproximateArrivalTimestamp"].timestamp() * 1000) if records else None

    def _shard_ids(self, client: Any) -> Iterator[str]:
        pages = client.get_paginator("list_shards").paginate(StreamName=self._name)
        return (shard["ShardId"] for page in pages for shard in page["Shards"])
