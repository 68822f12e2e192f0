"""Reads many items of one table."""

from collections.abc import Iterator, Sequence
from typing import Any

from common.aws.backoff import attempts

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
AT_ONCE = 100


class NotRead(Exception):
    """DynamoDB has not answered for some items, however often it was asked: it is throttling."""


def items(client: Any, table: str, keys: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Read the items of some keys, consistently; a key without an item is left out.

    Raises
    ------
    NotRead
    """
    for start in range(0, len(keys), AT_ONCE):
        yield from _some(client, table, keys[start : start + AT_ONCE])


def _some(client: Any, table: str, keys: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    request: dict[str, Any] = {table: {"Keys": list(keys), "ConsistentRead": True}}
    for _ in attempts():
        response = client.batch_get_item(RequestItems=request)
        yield from response["Responses"].get(table, [])
        request = response.get("UnprocessedKeys", {})
        if not request:
            return
    raise NotRead(f"{len(request[table]['Keys'])} items of {table}")
