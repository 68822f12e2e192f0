"""S3 answers an error, and not 200, to a write that it cannot store."""

import resource
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from local_aws.state import disk

MEGABYTE = 1024 * 1024
LIMIT = 16 * MEGABYTE


@contextmanager
def limited_files(pid: int):
    """Let a process write no file above LIMIT, as on a disk that has no more room."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (LIMIT, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def bucket(aws):
    aws.client("s3").create_bucket(Bucket="no-room")
    return "no-room"


def test_an_object_that_does_not_fit_is_refused_and_the_old_one_stays(aws, bucket):
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="report", Body=b"old")
    with limited_files(aws.process.pid), pytest.raises(ClientError) as refusal:
        s3.put_object(Bucket=bucket, Key="report", Body=b"n" * LIMIT)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert refusal.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert s3.get_object(Bucket=bucket, Key="report")["Body"].read() == b"old"
    s3.put_object(Bucket=bucket, Key="report", Body=b"new")
    assert s3.get_object(Bucket=bucket, Key="report")["Body"].read() == b"new"


def test_a_copy_that_does_not_fit_is_refused(aws, bucket):
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="large", Body=b"l" * (LIMIT + 1))
    with limited_files(aws.process.pid), pytest.raises(ClientError) as refusal:
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "large"})
    assert refusal.value.response["Error"]["Code"] == "ServiceUnavailable"


def test_a_start_needs_room_on_the_disk(tmp_path):
    disk.require_room_for_start(tmp_path)
    with limited_files(0), pytest.raises(OSError, match="32 MB are needed"):
        disk.require_room_for_start(tmp_path)
    assert not list(tmp_path.iterdir())
