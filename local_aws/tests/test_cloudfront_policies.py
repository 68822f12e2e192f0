"""Policies that CloudFront refuses, at the API and in templates.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-the-cache-key.html
"""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from local_aws.tests.distributions import cache_policy, listed

NONE = (0, 0, 0)


@pytest.mark.parametrize(
    ("settings", "parameter"),
    [
        ({"headers": ["X-Language"]}, "HeaderBehavior"),
        ({"cookies": ["id"]}, "CookieBehavior"),
        ({"cookies": "all"}, "CookieBehavior"),
        ({"query": "all"}, "QueryStringBehavior"),
        ({"gzip": True}, "EnableAcceptEncodingGzip"),
    ],
)
def test_a_policy_that_disables_caching_has_no_cache_key(aws, settings, parameter):
    with pytest.raises(ClientError, match=f"InvalidArgument.*{parameter} is invalid for policy with caching disabled"):
        cache_policy(aws, ttls=NONE, **settings)
    assert cache_policy(aws, ttls=(0, 0, 1), **settings)


def test_caching_cannot_be_disabled_while_there_is_a_cache_key(aws):
    client = aws.client("cloudfront")
    assert cache_policy(aws, ttls=NONE)
    policy = cache_policy(aws, query="all")
    current = client.get_cache_policy_config(Id=policy)
    config = current["CachePolicyConfig"] | {"DefaultTTL": 0, "MaxTTL": 0}
    with pytest.raises(ClientError, match="InvalidArgument"):
        client.update_cache_policy(Id=policy, IfMatch=current["ETag"], CachePolicyConfig=config)
    assert client.get_cache_policy_config(Id=policy)["CachePolicyConfig"]["MaxTTL"] == 3600


def origin_request_policy(name, behavior, *headers):
    return {
        "Name": name,
        "HeadersConfig": {"HeaderBehavior": behavior, "Headers": listed(*headers)},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }


@pytest.mark.parametrize("name", ["Authorization", "authorization", "Accept-Encoding"])
def test_an_origin_request_policy_does_not_name_what_a_cache_policy_has_to(aws, name):
    client = aws.client("cloudfront")
    wanted = origin_request_policy(f"names-{name}", "whitelist", "X-Mine", name)
    with pytest.raises(ClientError, match=f"InvalidArgument.*Headers contains {name} that is not allowed"):
        client.create_origin_request_policy(OriginRequestPolicyConfig=wanted)
    allowed = origin_request_policy(f"all-but-{name}", "allExcept", name)
    assert client.create_origin_request_policy(OriginRequestPolicyConfig=allowed)["ETag"]


PARAMETERS = {
    "EnableAcceptEncodingGzip": False,
    "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["Accept"]},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}
REFUSED = {
    "AWS::CloudFront::CachePolicy": {
        "CachePolicyConfig": {
            "Name": "refused-cache",
            "MinTTL": 0,
            "DefaultTTL": 0,
            "MaxTTL": 0,
            "ParametersInCacheKeyAndForwardedToOrigin": PARAMETERS,
        }
    },
    "AWS::CloudFront::OriginRequestPolicy": {
        "OriginRequestPolicyConfig": {
            "Name": "refused-request",
            "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["Authorization"]},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
        }
    },
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_template_with_a_policy_that_cloudfront_refuses_fails(aws, kind):
    formation, name = aws.client("cloudformation"), kind.rpartition(":")[2]
    body = json.dumps({"Resources": {"Policy": {"Type": kind, "Properties": REFUSED[kind]}}})
    formation.create_stack(StackName=name, TemplateBody=body, OnFailure="DO_NOTHING")

    def failed():
        return formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_FAILED"

    wait_until(failed, "the stack fails")
