"""The headers that a distribution adds to origin requests.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
"""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws.tests.distributions import CACHING_DISABLED, Page, behavior, custom, distribution, listed
from local_aws.tests.test_cloudformation_key_groups import reasons_of_failure, template

REFUSED = ("x-edge-secret", "X-Amz-Mine", "Host", "X-Real-IP", "cookie", "Range")


def adding(aws, port, name, value="mine"):
    """A distribution whose origin requests get one more header."""
    headers = {"CustomHeaders": listed({"HeaderName": name, "HeaderValue": value})}
    return distribution(aws, [custom(port) | headers], behavior(CACHING_DISABLED))


@pytest.mark.parametrize("name", REFUSED)
def test_a_header_that_cloudfront_cannot_add_is_refused(aws, name):
    with pytest.raises(ClientError, match=f"InvalidArgument.*{name}"):
        adding(aws, 1, name)


def test_such_a_header_fails_its_stack(aws):
    site = json.loads(template("custom-headers"))["Resources"]["Site"]
    config = site["Properties"]["DistributionConfig"]
    del config["DefaultCacheBehavior"]["TrustedKeyGroups"]
    config["Origins"][0]["OriginCustomHeaders"] = [{"HeaderName": "X-Edge-Secret", "HeaderValue": "mine"}]
    assert "X-Edge-Secret" in reasons_of_failure(aws, {"Site": site})


def test_an_added_header_replaces_the_viewers(aws, origin):
    origin.pages["/added"] = Page()
    site = adding(aws, origin.port, "x-distribution-secret")
    assert site.get("/added", {"X-Distribution-Secret": "forged"}).status == 200
    assert origin.asked_for("/added")[-1].headers["x-distribution-secret"] == "mine"
