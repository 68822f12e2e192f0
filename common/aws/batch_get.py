"""Reads of many DynamoDB items by BatchGetItem.

DynamoDB leaves out keys of a request when it is throttled or when the items are larger than 16 MB, and names them.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from common.aws.backoff import attempts
from common.errors import Busy

KEYS_IN_A_REQUEST = 100


def batch_get(
    client: Any, requested: Mapping[str, Any], sleep: Callable[[float], None] = time.sleep
) -> dict[str, list[Any]]:
    """Read the items of at most 100 keys by one BatchGetItem, and again for the keys that it has left out.

    `requested` is `RequestItems`: by table, its `Keys`, and whether the read is consistent. Returns the items by table,
    in any order; a key without an item has none.

    Raises
    ------
    Busy
        Keys were still left out at the last attempt.
    """
    items: dict[str, list[Any]] = {table: [] for table in requested}
    for _ in attempts(sleep):
        response = client.batch_get_item(RequestItems=requested)
        for table, answered in response["Responses"].items():
            items[table] += answered
        requested = response.get("UnprocessedKeys") or {}
        if not requested:
            return items
    raise Busy("The tables are read too often at once.")


def batch_get_items(
    client: Any, table: str, keys: Sequence[Mapping[str, Any]], sleep: Callable[[float], None] = time.sleep
) -> Iterator[Any]:
    """Read any number of items of one table, consistently and in any order; a key without an item is left out.

    Raises
    ------
    Busy
    """
    for start in range(0, len(keys), KEYS_IN_A_REQUEST):
        some = {"Keys": keys[start : start + KEYS_IN_A_REQUEST], "ConsistentRead": True}
        yield from batch_get(client, {table: some}, sleep)[table]
