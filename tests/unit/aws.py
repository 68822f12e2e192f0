"""AWS clients of the unit tests, for moto."""

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


def empty_tables_and_buckets() -> None:
    """Delete every item and every object that moto has: through the API each takes a request."""
    for table in get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables.values():
        table.items.clear()
    for bucket in get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"].buckets.values():
        bucket.keys.clear()
