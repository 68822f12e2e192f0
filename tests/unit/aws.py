"""AWS clients of the unit tests, for moto."""

from functools import cache
from typing import Any

import boto3


@cache
def aws_client(service: str, region: str = "us-east-1") -> Any:
    """A client, made once for all tests of a process: that takes longer than a call. Call this inside `mock_aws`.

    moto answers every client that was made after its import, whichever test made it.
    """
    return boto3.client(service, region_name=region)
