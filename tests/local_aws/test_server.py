"""The server itself: it answers, and it enforces IAM."""

import pytest
from botocore.exceptions import ClientError

from local_aws.settings import Settings, UnsafeSettings


def test_iam_is_enforced(aws):
    iam = aws.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("s3", key["AccessKeyId"], key["SecretAccessKey"]).list_buckets()


def test_a_non_loopback_address_is_refused(tmp_path):
    with pytest.raises(UnsafeSettings):
        Settings(state_dir=tmp_path, host="0.0.0.0")
