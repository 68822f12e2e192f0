"""AWS clients of the unit tests, for moto."""

from copy import deepcopy
from functools import cache
from typing import Any

import boto3
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

REGION = "us-east-1"


@cache
def aws_client(service: str, region: str = REGION) -> Any:
    """A client, made once for all tests of a process: that takes longer than a call. Call this inside `mock_aws`.

    moto answers every client that was made after its import, whichever test made it.
    """
    return boto3.client(service, region_name=region)


def copied_items(table: str) -> Any:
    """The items of a table, as `put_copied_items` takes them: through the API each takes a request."""
    return deepcopy(_tables()[table].items)


def put_copied_items(table: str, items: Any) -> None:
    """Put items into an empty table."""
    _tables()[table].items.update(deepcopy(items))


def _tables() -> Any:
    return get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables


def empty_tables_and_buckets() -> None:
    """Delete every item and every object that moto has: through the API each takes a request."""
    for table in _tables().values():
        table.items.clear()
    for bucket in get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"].buckets.values():
        bucket.keys.clear()
