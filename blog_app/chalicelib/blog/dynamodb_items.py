"""DynamoDB items as botocore takes them: primary keys, JSON in an attribute, and reads of several items."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_BATCH = 100


def primary_key(partition: str, sort_key: str) -> dict[str, Any]:
    """Write a primary key."""
    return {"pk": {"S": partition}, "sk": {"S": sort_key}}


def json_attribute(value: Any) -> dict[str, str]:
    """Write an attribute that holds a value as JSON."""
    return {"S": msgspec.json.encode(value).decode()}


def get_item(client: Any, table: str, key: dict[str, Any]) -> Any:
    """Read an item, consistently; None if there is none."""
    return client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def batch_get(client: Any, table: str, keys: Sequence[dict[str, Any]]) -> Iterator[Any]:
    """Read items, consistently and in any order; absent ones are left out."""
    for start in range(0, len(keys), _BATCH):
        requested: Any = {table: {"Keys": keys[start : start + _BATCH], "ConsistentRead": True}}
        while requested:
            response = client.batch_get_item(RequestItems=requested)
            yield from response["Responses"].get(table, ())
            requested = response.get("UnprocessedKeys")
