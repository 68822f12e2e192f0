"""Validates the headers that a distribution adds to origin requests.

AWS: some headers cannot be added, among them all whose names begin with X-Amz- or X-Edge-.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
https://github.com/aws/aws-cdk/pull/16161 (names are compared without case)
Lacking here: MiniStack accepts every header.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudfront

from local_aws.hooks import wraps
from local_aws.services.cloudfront.configuration import items

_REFUSED = frozenset(
    (
        "cache-control",
        "connection",
        "content-length",
        "cookie",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "max-forwards",
        "pragma",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "request-range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-real-ip",
    )
)
_REFUSED_BEGINNINGS = ("x-amz-", "x-edge-")


@wraps("ministack.services.cloudfront:_distribution_vpc_origin_error")
def _error_of_request(find_error: Callable[[Any], Any], config_el: Any) -> Any:
    """Refuse such a header in CreateDistribution and UpdateDistribution."""
    problem = _problem(config_el)
    return cloudfront._error("InvalidArgument", problem, 400) if problem else find_error(config_el)


@wraps("ministack.services.cloudfront:_distribution_config_xml")
def _configuration_of_template(read: Callable[[dict[str, Any]], Any], config: dict[str, Any]) -> Any:
    """Refuse such a header in a CloudFormation template."""
    element = read(config)
    if problem := _problem(element):
        raise ValueError(f"Invalid request provided: AWS::CloudFront::Distribution: {problem}")
    return element


def _problem(config: Any) -> str | None:
    """What is wrong with a configuration's headers, or None."""
    for origin in items(cloudfront._find(config, "Origins")):
        for name, _ in cloudfront._dataplane_custom_headers(origin):
            if name.lower() in _REFUSED or name.lower().startswith(_REFUSED_BEGINNINGS):
                return f"The parameter HeaderName with value {name} is not allowed."
    return None
