"""Unsigned requests are anonymous, whatever their Authorization header; only this machine can use the root key."""

import urllib.error
import urllib.request

import pytest

NOT_SIGNED = ["", "Bearer x", "Basic dGVzdDp0ZXN0", "x", "Credential=", "Digest x", "aws test:x", "AWS4-HMAC-SHA256 x"]
SIGNED_BY_ROOT = [
    "AWS test:x",
    "AWS 000000000000:x",
    "AWS4-HMAC-SHA256 Credential=test/20261123/us-east-1/s3/aws4_request",
]
JSON = "application/x-amz-json-1.1"
CALLS = {
    "lambda": ("GET", "/2015-03-31/functions/", {}, b""),
    "apigateway": ("GET", "/restapis", {}, b""),
    "cloudfront": ("GET", "/2020-05-31/distribution", {}, b""),
    "dynamodb": ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": JSON}, b"{}"),
    "secretsmanager": ("POST", "/", {"X-Amz-Target": "secretsmanager.ListSecrets", "Content-Type": JSON}, b"{}"),
    "logs": ("POST", "/", {"X-Amz-Target": "Logs_20140328.DescribeLogGroups", "Content-Type": JSON}, b"{}"),
    "sqs": ("POST", "/", {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}, b"{}"),
    "cognito-idp": (
        "POST",
        "/",
        {"X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools", "Content-Type": JSON},
        b'{"MaxResults": 5}',
    ),
    "iam": ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=ListUsers&Version=2010-05-08"),
    "cloudformation": (
        "POST",
        "/",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Action=DescribeStacks&Version=2010-05-15",
    ),
    "sts": (
        "POST",
        "/",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Action=GetSessionToken&Version=2011-06-15",
    ),
    "s3": ("GET", "/", {"Host": "s3.us-east-1.amazonaws.com"}, b""),
    "s3 new bucket": ("PUT", "/unsigned-new-bucket", {}, b""),
    "s3 bucket": ("GET", "/unsigned-bucket?list-type=2", {}, b""),
    "s3 object": ("PUT", "/unsigned-bucket/key", {}, b"x"),
    "s3 host": ("GET", "/", {"Host": "unsigned-bucket.s3.us-east-1.amazonaws.com"}, b""),
}


@pytest.fixture(scope="module", autouse=True)
def _bucket(aws):
    aws.client("s3").create_bucket(Bucket="unsigned-bucket")


def status(aws, call: str, **headers: str) -> int:
    method, path, own, body = CALLS[call]
    given = {name: value for name, value in {**own, **headers}.items() if value}
    request = urllib.request.Request(aws.endpoint_url + path, body or None, given, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("authorization", NOT_SIGNED)
@pytest.mark.parametrize("call", CALLS)
def test_unsigned_requests_are_refused(aws, call, authorization):
    assert status(aws, call, Authorization=authorization) in (400, 403)


@pytest.mark.parametrize("authorization", SIGNED_BY_ROOT)
def test_pages_of_other_sites_cannot_use_the_root_key(aws, authorization):
    assert status(aws, "lambda", Authorization=authorization, Origin="https://elsewhere.example") == 403


def test_pages_of_other_sites_cannot_use_the_root_key_beside_another_key(aws):
    request = urllib.request.Request(f"{aws.endpoint_url}/2015-03-31/functions/?AWSAccessKeyId=test")
    request.add_header("Authorization", "AWS other:x")
    request.add_header("Origin", "https://elsewhere.example")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403
