"""The delivery's batches in DynamoDB, an item for each, by the minute of its first record; and its positions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalicelib.pipeline.delivery.batch_table import POSITIONS
from chalicelib.pipeline.health.model import Counts

# Most of a query's time is waiting.
READERS = 8
Item = dict[str, Any]


class BatchTable:
    """Batches in a table; `client` makes a client of DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def of_minutes(self, minutes: Sequence[str]) -> Iterable[Counts]:
        """Query each minute."""
        client = self._client()
        with ThreadPoolExecutor(READERS) as readers:
            pages = readers.map(lambda minute: list(self._items(client, minute)), minutes)
            return [_counts_of(item) for items in pages for item in items]

    def positions(self) -> dict[str, str]:
        """Query the positions, which have the key of one minute."""
        items = self._items(self._client(), POSITIONS)
        # Kinesis takes a sequence number without leading zeros.
        return {item["batch"]["S"]: item["position"]["S"].lstrip("0") for item in items}

    def _items(self, client: Any, minute: str) -> Iterator[Item]:
        pages = client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#minute = :minute",
            ExpressionAttributeNames={"#minute": "minute"},
            ExpressionAttributeValues={":minute": {"S": minute}},
        )
        for page in pages:
            yield from page["Items"]


def _counts_of(item: Item) -> Counts:
    return Counts(
        received=int(item["received"]["N"]),
        delivered=int(item["delivered"]["N"]),
        quarantined=_numbers(item["reasons"]),
        dropped=_numbers(item["rules"]),
        failed=int(item["failed"]["N"]),
        released=int(item["released"]["N"]),
    )


def _numbers(value: Item) -> dict[str, int]:
    return {name: int(number["N"]) for name, number in value["M"].items()}
