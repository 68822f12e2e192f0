"""Records of DynamoDB streams.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

from collections.abc import Mapping
from typing import Any

Record = Mapping[str, Any]
Image = Mapping[str, Any]


def primary_key_of(record: Record) -> tuple[str, str]:
    """Return the partition key and the sort key of the item that changed."""
    keys = record["dynamodb"]["Keys"]
    return keys["pk"]["S"], keys["sk"]["S"]


def images(record: Record) -> tuple[Image | None, Image | None]:
    """Return the item before and after the change; None where there was none."""
    change = record["dynamodb"]
    return change.get("OldImage"), change.get("NewImage")
