"""Validates origin groups as CloudFront does.

AWS: a group has two origins of its distribution and any of nine statuses, and a cache behavior that targets it allows
GET and HEAD, or GET, HEAD and OPTIONS; CreateDistribution, UpdateDistribution and CloudFormation refuse anything else.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
https://github.com/aws/aws-cdk/issues/32450 (the message for methods)
Lacking here: MiniStack accepts every group.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudfront

from local_aws.hooks import wraps
from local_aws.services.cloudfront.configuration import items, origin_group

_STATUSES = {400, 403, 404, 416, 429, 500, 502, 503, 504}
_READING = {"GET", "HEAD", "OPTIONS"}
_METHODS = (
    "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE for a cached behavior associated with an "
    "origin group."
)


@wraps("ministack.services.cloudfront:_distribution_vpc_origin_error")
def _error_of_request(find_error: Callable[[Any], Any], config_el: Any) -> Any:
    """Refuse an invalid group in CreateDistribution and UpdateDistribution."""
    problem = _problem(config_el)
    return cloudfront._error("InvalidArgument", problem, 400) if problem else find_error(config_el)


@wraps("ministack.services.cloudfront:_distribution_config_xml")
def _configuration_of_template(read: Callable[[dict[str, Any]], Any], config: dict[str, Any]) -> Any:
    """Refuse an invalid group in a CloudFormation template."""
    element = read(config)
    if problem := _problem(element):
        raise ValueError(f"Invalid request provided: AWS::CloudFront::Distribution: {problem}")
    return element


def _problem(config: Any) -> str | None:
    """What is wrong with a configuration's groups, or None."""
    groups = dict(map(origin_group, items(cloudfront._find(config, "OriginGroups"))))
    origins = {cloudfront._text(each, "Id") for each in items(cloudfront._find(config, "Origins"))}
    for name, group in groups.items():
        if len(set(group.members)) != 2 or not origins.issuperset(group.members):
            return f"The origin group {name} must have two origins of the distribution."
        if not group.statuses or not group.statuses <= _STATUSES:
            return f"The parameter StatusCodes of the origin group {name} contains one or more that are not valid."
    behaviors = [cloudfront._find(config, "DefaultCacheBehavior"), *items(cloudfront._find(config, "CacheBehaviors"))]
    grouped = (each for each in behaviors if each is not None and cloudfront._text(each, "TargetOriginId") in groups)
    return None if all(set(cloudfront._dataplane_allowed_methods(each)) <= _READING for each in grouped) else _METHODS
