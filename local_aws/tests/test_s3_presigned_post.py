"""Uploads by presigned POST: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html."""

import re
import urllib.error
import urllib.request
import uuid

import boto3
import pytest
from botocore.config import Config

from local_aws.tests.iam_principals import User, policy, statement
from local_aws.tests.mail import unique


@pytest.fixture(scope="module")
def bucket(aws):
    name = unique("uploads-")
    aws.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="module")
def writer(aws, bucket):
    """A user who may only put objects below photos/."""
    return User(aws, policy(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/photos/*"))).client("s3")


def form(s3, bucket, key, conditions=(), fields=None, seconds=60):
    return s3.generate_presigned_post(bucket, key, Fields=fields, Conditions=list(conditions), ExpiresIn=seconds)


def post(presigned_form, content, name="a.jpg", headers=None, **fields):
    """Send a form; returns the status and the error code."""
    boundary = uuid.uuid4().hex
    values = {**presigned_form["fields"], **fields}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in values.items()
    ]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = "".join([*parts, file]).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(presigned_form["url"], body, {**kind, **(headers or {})})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, None
    except urllib.error.HTTPError as error:
        return error.code, re.search(r"<Code>(\w+)</Code>", error.read().decode())[1]


SIZES = [["content-length-range", 2, 10]]


@pytest.mark.parametrize(
    ("length", "response"),
    [(1, (400, "EntityTooSmall")), (2, (204, None)), (10, (204, None)), (11, (400, "EntityTooLarge"))],
)
def test_the_size_is_limited(aws, bucket, writer, length, response):
    key = f"photos/{unique()}"
    assert post(form(writer, bucket, key, SIZES), b"x" * length) == response
    listed = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]
    assert listed == (response[0] == 204)


@pytest.mark.parametrize(("kind", "status"), [("image/jpeg", 204), ("image/png", 204), ("text/html", 403), ("", 403)])
def test_a_form_can_require_the_beginning_of_the_type(aws, bucket, writer, kind, status):
    key = f"photos/{unique()}"
    presigned_form = form(writer, bucket, key, [["starts-with", "$Content-Type", "image/"]])
    assert post(presigned_form, b"x", **({"Content-Type": kind} if kind else {}))[0] == status
    if status == 204:
        assert aws.client("s3").head_object(Bucket=bucket, Key=key)["ContentType"] == kind


@pytest.mark.parametrize(("kind", "status"), [("image/jpeg", 204), ("image/jpegs", 403), ("image/png", 403)])
def test_a_form_can_require_the_exact_type(bucket, writer, kind, status):
    presigned_form = form(writer, bucket, f"photos/{unique()}", [{"Content-Type": "image/jpeg"}])
    assert post(presigned_form, b"x", **{"Content-Type": kind})[0] == status


def test_a_field_that_the_policy_does_not_name_is_refused(bucket, writer):
    presigned_form = form(writer, bucket, f"photos/{unique()}")
    assert post(presigned_form, b"x", **{"x-amz-meta-a": "b"}) == (403, "AccessDenied")
    assert post(presigned_form, b"x", **{"x-ignore-a": "b"}) == (204, None)


def test_another_key_is_refused(bucket, writer):
    presigned_form = form(writer, bucket, "photos/mine")
    assert post(presigned_form, b"x", key="photos/other") == (403, "AccessDenied")
    presigned_form = form(writer, bucket, "photos/${filename}")
    assert post(presigned_form, b"x", name="sent.jpg") == (204, None)
    assert post(presigned_form, b"x", key="elsewhere/${filename}") == (403, "AccessDenied")


def test_a_changed_policy_or_signature_is_refused(bucket, writer):
    small, large = (form(writer, bucket, "photos/a", [["content-length-range", 0, limit]]) for limit in (1, 1000))
    swapped = {**small, "fields": {**small["fields"], "policy": large["fields"]["policy"]}}
    assert post(swapped, b"xx") == (403, "SignatureDoesNotMatch")
    unsigned = {**small, "fields": {"key": "photos/a"}}
    assert post(unsigned, b"x") == (403, "AccessDenied")


def test_an_expired_form_is_refused(bucket, writer):
    assert post(form(writer, bucket, "photos/a", seconds=-1), b"x") == (403, "AccessDenied")


def test_the_signer_needs_permission(bucket, writer):
    assert post(form(writer, bucket, "other/a"), b"x") == (403, "AccessDenied")


ACCOUNT = "000000000000"
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Host": "rebound.example"},
]


def root(aws, key, version):
    """A client with the root key, which signs forms by Signature Version 4 or 2."""
    config = Config(signature_version=version, s3={"addressing_style": "path"})
    keys = {"aws_access_key_id": key, "aws_secret_access_key": "test"}
    return boto3.client("s3", region_name="us-east-1", endpoint_url=aws.endpoint_url, config=config, **keys)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
@pytest.mark.parametrize("key", ["test", ACCOUNT])
def test_a_form_of_the_root_key_is_accepted_from_pages_of_this_machine_only(aws, bucket, key, version):
    presigned_form = form(root(aws, key, version), bucket, unique())
    for headers in FOREIGN:
        assert post(presigned_form, b"x", headers=headers) == (403, "AccessDenied"), headers
    assert post(presigned_form, b"x", headers={"Origin": "http://localhost:8000"}) == (204, None)
    assert post(presigned_form, b"x", headers={"Sec-Fetch-Site": "same-origin"}) == (204, None)
    assert post(presigned_form, b"x") == (204, None)


def test_a_form_of_the_root_key_is_refused_by_the_buckets_own_name_too(aws, bucket):
    presigned_form = {**form(root(aws, "test", "s3v4"), bucket, unique()), "url": aws.endpoint_url}
    host = f"{bucket}.s3.amazonaws.com"
    assert post(presigned_form, b"x", headers={"Host": host, "Origin": "https://evil.example"}) == (403, "AccessDenied")
    assert post(presigned_form, b"x", headers={"Host": host}) == (204, None)


def test_the_signer_is_read_from_the_field_that_is_used(aws, bucket):
    presigned_form = form(root(aws, "test", "s3v4"), bucket, unique())
    scope = presigned_form["fields"]["x-amz-credential"]
    hidden = scope.replace("test/", "${filename}/")
    assert post(presigned_form, b"x", "test", FOREIGN[0], **{"x-amz-credential": hidden}) == (403, "AccessDenied")
    assert post(presigned_form, b"x", headers=FOREIGN[0], awsaccesskeyid="AKIAOTHER") == (403, "AccessDenied")


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_of_a_user_is_accepted_from_any_page(bucket, writer, headers):
    assert post(form(writer, bucket, f"photos/{unique()}"), b"x", headers=headers) == (204, None)
