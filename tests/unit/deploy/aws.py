"""A target outside local, with moto behind it."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto import mock_aws

from deploy import target as target_module
from deploy.target import Target


@contextmanager
def moto_aws() -> Iterator[Target]:
    """Stage prod in moto's AWS."""
    target_module._client.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_REGION", "us-east-1")
        with mock_aws():
            boto3.setup_default_session(region_name="us-east-1")
            yield Target("prod", "us-east-1")
    target_module._client.cache_clear()
