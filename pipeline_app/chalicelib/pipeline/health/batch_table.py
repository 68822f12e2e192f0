"""The delivery's batches in DynamoDB, an item for each, by the minute of its first record."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalicelib.pipeline.health.model import BatchCounts, Counts

# Most of a query's time is waiting.
READERS = 8
Item = dict[str, Any]


class BatchTable:
    """Batches in a table; `client` makes a client of DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def of_minutes(self, minutes: Sequence[str]) -> Iterable[BatchCounts]:
        """Query each minute."""
        client = self._client()
        with ThreadPoolExecutor(READERS) as readers:
            pages = readers.map(lambda minute: list(self._items(client, minute)), minutes)
            return [_batch_of(item) for items in pages for item in items]

    def _items(self, client: Any, minute: str) -> Iterator[Item]:
        pages = client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#minute = :minute",
            ExpressionAttributeNames={"#minute": "minute"},
            ExpressionAttributeValues={":minute": {"S": minute}},
        )
        for page in pages:
            yield from page["Items"]


def _batch_of(item: Item) -> BatchCounts:
    counts = Counts(
        received=int(item["received"]["N"]),
        delivered=int(item["delivered"]["N"]),
        quarantined=_numbers(item["reasons"]),
        dropped=_numbers(item["rules"]),
        failed=int(item["failed"]["N"]),
        released=int(item["released"]["N"]),
    )
    positions = item.get("positions", {"M": {}})["M"]
    return BatchCounts(counts, {shard_id: value["S"] for shard_id, value in positions.items()})


def _numbers(value: Item) -> dict[str, int]:
    return {name: int(number["N"]) for name, number in value["M"].items()}
