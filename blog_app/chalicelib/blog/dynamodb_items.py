"""DynamoDB items as botocore takes them: primary keys, and JSON in an attribute."""

from typing import Any

import msgspec


def primary_key(partition: str, sort_key: str) -> dict[str, Any]:
    """Write a primary key."""
    return {"pk": {"S": partition}, "sk": {"S": sort_key}}


def json_attribute(value: Any) -> dict[str, str]:
    """Write an attribute that holds a value as JSON."""
    return {"S": msgspec.json.encode(value).decode()}


def get_item(client: Any, table: str, key: dict[str, Any]) -> Any:
    """Read an item, consistently; None if there is none."""
    return client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
