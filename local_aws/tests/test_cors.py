"""CORS headers of answers that are made in front of a service, so that a page can read why it was refused."""

import urllib.error
import urllib.request

import pytest

from local_aws.tests.iam_principals import User, policy, statement

BUCKET = "cors-refusals"
PAGE = "http://localhost:5173"


@pytest.fixture(scope="module")
def user(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    rule = {"AllowedOrigins": [PAGE], "AllowedMethods": ["GET"], "ExposeHeaders": ["ETag"]}
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
    s3.put_object(Bucket=BUCKET, Key="mine/a", Body=b"a")
    return User(aws, policy(statement("s3:GetObject", f"arn:aws:s3:::{BUCKET}/mine/*")))


def presigned(client, key):
    return client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key})


def answer(url, origin=PAGE, data=None, **headers):
    request = urllib.request.Request(url, data, {"Origin": origin, **headers})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def test_a_refusal_of_s3_has_the_headers_of_the_buckets_rules(aws, user):
    client = user.client("s3")
    wrong_secret = aws.client("s3", user.key["AccessKeyId"], "wrong")
    unknown_key = aws.client("s3", "AKIAUNKNOWNUNKNOWNUN", "wrong")
    assert answer(presigned(client, "mine/a"))[0] == 200
    urls = [presigned(client, "yours/a"), presigned(wrong_secret, "mine/a"), presigned(unknown_key, "mine/a")]
    for url in urls:
        status, headers = answer(url)
        assert (status, headers["Access-Control-Allow-Origin"]) == (403, PAGE)
        assert "ETag" in headers["Access-Control-Expose-Headers"]
    status, headers = answer(urls[0], "http://elsewhere.example.com")
    assert (status, headers["Access-Control-Allow-Origin"]) == (403, None)


def test_a_refusal_of_another_service_and_an_injected_fault_allow_every_origin(aws, user, inject):
    target = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
    status, headers = answer(aws.endpoint_url, data=b"{}", **target)
    assert (status, headers["Access-Control-Allow-Origin"]) == (400, "*")
    inject(service="s3", operation="GetObject", action="fail", count=1)
    status, headers = answer(presigned(user.client("s3"), "mine/a"))
    assert (status, headers["Access-Control-Allow-Origin"]) == (500, PAGE)
