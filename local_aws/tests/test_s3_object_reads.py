"""Reads of S3 objects: what a caller without the right to list learns of absent ones, and If-Range."""

import urllib.request

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.iam_principals import User, policy, statement

BUCKET = "object-reads"
ARN = f"arn:aws:s3:::{BUCKET}"
READ = statement(["s3:GetObject", "s3:PutObject"], f"{ARN}/*")


@pytest.fixture(scope="module", autouse=True)
def _bucket(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="here", Body=b"12345")


@pytest.fixture(scope="module")
def reader(aws):
    return User(aws, policy(READ), "object-reader").client("s3")


def error_of(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(Bucket=BUCKET, **arguments)
    response = refused.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_a_caller_who_may_not_list_does_not_learn_that_an_object_is_absent(reader):
    assert reader.head_object(Bucket=BUCKET, Key="here")["ContentLength"] == 5
    assert error_of(reader.head_object, Key="absent") == (403, "403")
    assert error_of(reader.get_object, Key="absent") == (403, "AccessDenied")
    absent = {"Bucket": BUCKET, "Key": "absent"}
    assert error_of(reader.copy_object, Key="copy", CopySource=absent) == (403, "AccessDenied")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(reader.generate_presigned_url("get_object", absent))


def test_a_caller_who_may_list_does(aws):
    lister = User(aws, policy(READ, statement("s3:ListBucket", ARN))).client("s3")
    assert error_of(lister.head_object, Key="absent") == (404, "404")
    assert error_of(lister.get_object, Key="absent") == (404, "NoSuchKey")
    assert error_of(lister.copy_object, Key="copy", CopySource={"Bucket": BUCKET, "Key": "absent"})[0] == 404
    assert error_of(aws.client("s3").get_object, Key="absent") == (404, "NoSuchKey")


def test_a_policy_of_the_bucket_may_let_callers_list(aws, reader):
    s3 = aws.client("s3")
    caller = {"AWS": "arn:aws:iam::000000000000:user/object-reader"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(statement("s3:ListBucket", ARN, Principal=caller)))
    try:
        assert error_of(reader.head_object, Key="absent") == (404, "404")
    finally:
        s3.delete_bucket_policy(Bucket=BUCKET)


def test_a_range_of_another_version_is_ignored(aws, reader):
    stored = reader.head_object(Bucket=BUCKET, Key="here")
    url = reader.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "here"})
    modified = stored["ResponseMetadata"]["HTTPHeaders"]["last-modified"]
    tags = (stored["ETag"], 206), ('"another"', 200), (f"W/{stored['ETag']}", 200)
    times = (modified, 206), ("Mon, 02 Jan 2023 03:04:05 GMT", 200), ("yesterday", 200)
    for validator, status in (*tags, *times):
        request = urllib.request.Request(url, headers={"Range": "bytes=0-1", "If-Range": validator})
        with urllib.request.urlopen(request) as response:
            assert (response.status, response.read()) == (status, b"12" if status == 206 else b"12345"), validator
