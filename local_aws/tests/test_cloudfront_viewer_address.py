"""CloudFront-Viewer-Address: who gets it, and that a viewer cannot set it.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
"""

import json
import re

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.apis import echo_api
from local_aws.tests.distributions import (
    ALL_VIEWER_EXCEPT_HOST,
    CACHING_DISABLED,
    Page,
    behavior,
    cache_policy,
    custom,
    distribution,
    listed,
)

ALL_VIEWER_AND_CLOUDFRONT = "33f36d7e-f396-46d9-90e0-52428a34d9dc"
NAME = "cloudfront-viewer-address"
FORGED = {"CloudFront-Viewer-Address": "192.0.2.1:1", "cloudfront-viewer-country": "XX", "X-Mine": "kept"}


@pytest.fixture(scope="module")
def listing(aws):
    """An origin request policy that lists the header."""
    config = {
        "Name": "viewer-address",
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": listed("CloudFront-Viewer-Address", "X-Mine")},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }
    made = aws.client("cloudfront").create_origin_request_policy(OriginRequestPolicyConfig=config)
    return made["OriginRequestPolicy"]["Id"]


def forwarded(aws, origin, policy):
    """The headers that the origin gets of a request with forged ones."""
    origin.pages["/address"] = Page()
    default = behavior(CACHING_DISABLED, **({"OriginRequestPolicyId": policy} if policy else {}))
    assert distribution(aws, [custom(origin.port)], default).get("/address", FORGED).status == 200
    return origin.asked_for("/address")[-1].headers


def test_the_origin_gets_the_viewers_address_if_the_policy_lists_it(aws, origin, listing):
    for policy in (listing, ALL_VIEWER_AND_CLOUDFRONT):
        headers = forwarded(aws, origin, policy)
        assert re.fullmatch(r"127\.0\.0\.1:[1-9][0-9]*", headers[NAME])
        assert headers["x-mine"] == "kept"
        assert "cloudfront-viewer-country" not in headers


@pytest.mark.parametrize("policy", [None, ALL_VIEWER_EXCEPT_HOST])
def test_the_origin_gets_no_forged_address_if_the_policy_does_not_list_it(aws, origin, policy):
    assert not [name for name in forwarded(aws, origin, policy) if name.startswith("cloudfront-")]


def test_an_api_gets_the_viewers_address(aws, listing):
    api_id = echo_api(aws, "viewer-address", "api")
    origin = {
        "Id": "api",
        "DomainName": f"{api_id}.execute-api.us-east-1.amazonaws.com",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    site = distribution(aws, [origin], behavior(CACHING_DISABLED, "api", OriginRequestPolicyId=listing))
    headers = {
        name.lower(): value for name, value in json.loads(site.get("/api/things/x", FORGED).body)["headers"].items()
    }
    assert headers[NAME].startswith("127.0.0.1:")


def test_a_cache_policy_cannot_list_it(aws):
    with pytest.raises(ClientError, match=r"InvalidArgument.*CloudFront-Viewer-Address that is not allowed"):
        cache_policy(aws, headers=["CloudFront-Viewer-Address"])
