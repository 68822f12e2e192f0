"""Origins at AWS: outages of regions, and absent objects of a bucket.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

import http.client
import json

import pytest

from local_aws.tests.apis import echo_api
from local_aws.tests.distributions import (
    ALL_VIEWER_EXCEPT_HOST,
    Page,
    behavior,
    custom,
    distribution,
    grouped,
    running_origin,
)


@pytest.fixture
def fault(aws):
    """Have a rule of the fault API for one test; returns a function that removes it."""

    def ask(method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", aws.port)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = json.loads(connection.getresponse().read())
        connection.close()
        return response

    def made(**rule):
        rule_id = ask("POST", "/_quartet/faults", json.dumps(rule))["id"]
        made_ids.append(rule_id)
        return lambda: ask("DELETE", f"/_quartet/faults/{made_ids.pop()}")

    made_ids: list[str] = []
    yield made
    for rule_id in made_ids:
        ask("DELETE", f"/_quartet/faults/{rule_id}")


@pytest.fixture
def secondary():
    with running_origin() as origin:
        origin.pages["/a"] = Page(b"second")
        yield origin


def bucket_origin(bucket, region, access):
    return {
        "Id": region,
        "DomainName": f"{bucket}.s3.{region}.amazonaws.com",
        "OriginAccessControlId": access,
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }


def let_in(aws, bucket, distribution_arn, *actions):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": list(actions),
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    aws.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


@pytest.fixture(scope="module")
def access(aws):
    config = {
        "Name": "failover",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    made = aws.client("cloudfront").create_origin_access_control(OriginAccessControlConfig=config)
    return made["OriginAccessControl"]["Id"]


@pytest.fixture(scope="module")
def buckets(aws, access):
    """A distribution of two buckets in two regions, each with a page that says where it is."""
    names = {"us-east-1": "failover-home", "eu-west-1": "failover-away"}
    for region, bucket in names.items():
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        aws.client("s3", region=region).create_bucket(Bucket=bucket, **place)
        aws.client("s3").put_object(Bucket=bucket, Key="page", Body=region.encode(), CacheControl="max-age=1")
    origins = [bucket_origin(bucket, region, access) for region, bucket in names.items()]
    edge = grouped(aws, *origins, (403, 500, 502, 503, 504))
    for bucket in names.values():
        let_in(aws, bucket, edge.arn, "s3:GetObject")
    return edge


def test_a_bucket_whose_region_is_down_is_unreachable(buckets, fault):
    assert buckets.get("/page").body == b"us-east-1"
    back = fault(region="us-east-1", action="unreachable")
    assert buckets.get("/page").body == b"eu-west-1"
    fault(region="eu-west-1", action="unreachable")
    assert buckets.get("/page").status == 504
    back()


def test_a_region_that_is_back_serves_again(buckets, fault):
    back = fault(region="us-east-1", action="unreachable")
    assert buckets.get("/page").body == b"eu-west-1"
    back()
    assert buckets.get("/page").body == b"us-east-1"


def test_an_api_whose_region_is_down_is_unreachable(aws, secondary, fault):
    api_id = echo_api(aws, "api-with-failover", "api")
    api = {
        "Id": "api",
        "DomainName": f"{api_id}.execute-api.us-east-1.amazonaws.com",
        "OriginPath": "/api",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    secondary.pages["/things/a"] = Page(b"second")
    edge = grouped(
        aws, api, custom(secondary.port, "two"), (502, 503, 504), OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST
    )
    assert edge.get("/things/a").json["path"] == "/things/a"
    fault(region="us-east-1", action="unreachable")
    assert edge.get("/things/a").body == b"second"


@pytest.mark.parametrize(
    ("actions", "status"), [(["s3:GetObject"], 403), (["s3:GetObject", "s3:ListBucket"], 404), (["s3:ListBucket"], 403)]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_absent_object_is_404_only_if_the_distribution_may_list_the_bucket(aws, access, actions, status, method):
    bucket = f"lacking-{len(actions)}-{status}-{method}".lower()
    aws.client("s3").create_bucket(Bucket=bucket)
    edge = distribution(aws, [bucket_origin(bucket, "us-east-1", access)], behavior(target="us-east-1"))
    let_in(aws, bucket, edge.arn, *actions)
    assert edge.ask(method, "/nothing").status == status
