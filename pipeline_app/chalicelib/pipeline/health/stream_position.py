"""Where the delivery is in the Kinesis stream.

A shard may be read five times a second, by all consumers together; the delivery and `update_fleet` read once a second.
https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
"""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from chalicelib.pipeline.health.model import Waiting

READERS = 8
# Of a stream with more shards, so many are read, other ones each time.
MOST_SHARDS = 100
# A shard that has not been read by then is left out.
MOST_MS = 5000
# A page may be empty although there are records after it.
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
MOST_PAGES = 3


class _Unread(Exception):
    """The time is over, or the shard's consumers use up its reads."""


class StreamPosition:
    """Reads one stream; `client` makes a client of Kinesis, `now` returns milliseconds since 1970."""

    def __init__(self, client: Callable[[], Any], name: str, now: Callable[[], int]) -> None:
        self._client = client
        self._name = name
        self._now = now

    def waiting_after(self, positions: Mapping[str, str]) -> Waiting:
        """Read the first record of each shard after its position."""
        client, ends_at = self._client(), self._now() + MOST_MS
        pages = client.get_paginator("list_shards").paginate(StreamName=self._name)
        shard_ids = [shard["ShardId"] for page in pages for shard in page["Shards"]]
        chosen = random.sample(shard_ids, min(len(shard_ids), MOST_SHARDS))

        def read(shard_id: str) -> int | _Unread | None:
            try:
                return self._first(client, shard_id, positions.get(shard_id), ends_at)
            except _Unread as unread:
                return unread

        with ThreadPoolExecutor(READERS) as readers:
            arrivals = list(readers.map(read, chosen))
        read_arrivals = [arrival for arrival in arrivals if isinstance(arrival, int)]
        unread = len(shard_ids) - len(chosen) + sum(isinstance(arrival, _Unread) for arrival in arrivals)
        return Waiting(min(read_arrivals, default=None), unread)

    def _first(self, client: Any, shard_id: str, position: str | None, ends_at: int) -> int | None:
        """When the first record arrived; None if there is none.

        If it is not found in a few pages, it is the earliest time at which it may have arrived.
        """
        after = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": position}
        start = after if position else {"ShardIteratorType": "TRIM_HORIZON"}
        try:
            self._check(ends_at)
            iterator = client.get_shard_iterator(StreamName=self._name, ShardId=shard_id, **start)["ShardIterator"]
            behind_ms = 0
            for _ in range(MOST_PAGES):
                self._check(ends_at)
                answer = client.get_records(ShardIterator=iterator, Limit=1)
                if answer["Records"]:
                    arrived_at: datetime = answer["Records"][0]["ApproximateArrivalTimestamp"]
                    return round(arrived_at.timestamp() * 1000)
                iterator, behind_ms = answer.get("NextShardIterator"), int(answer["MillisBehindLatest"] or 0)
                if not iterator or not behind_ms:
                    return None
        except client.exceptions.ProvisionedThroughputExceededException as error:
            raise _Unread from error
        return self._now() - behind_ms

    def _check(self, ends_at: int) -> None:
        if self._now() > ends_at:
            raise _Unread
