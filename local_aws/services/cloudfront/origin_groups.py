"""Origin groups that CloudFront takes.

AWS: a group has two origins of its distribution and any of nine statuses, and a cache behavior that goes to it allows
GET and HEAD, or those and OPTIONS; CreateDistribution, UpdateDistribution and CloudFormation refuse anything else.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
https://github.com/aws/aws-cdk/issues/32450 (the message for methods)
Lacking here: MiniStack takes every group.
Hooked at: `cloudfront._distribution_vpc_origin_error`, which looks at what the API is given, and
`_distribution_config_xml`, which reads a template's.
"""

from typing import Any

from ministack.services import cloudfront

from local_aws.hooks import Hook
from local_aws.services.cloudfront.configuration import items, origin_group
from local_aws.settings import Settings

_CLOUDFRONT = "ministack.services.cloudfront"
HOOKS = (
    Hook(f"{_CLOUDFRONT}:_distribution_vpc_origin_error", "config_el"),
    Hook(f"{_CLOUDFRONT}:_distribution_config_xml", "config"),
    Hook(f"{_CLOUDFRONT}:_dataplane_allowed_methods", "behavior_el"),
    Hook(f"{_CLOUDFRONT}:_find", "el,tag"),
    Hook(f"{_CLOUDFRONT}:_text", "el,tag,default"),
    Hook(f"{_CLOUDFRONT}:_error", "code,message,status"),
)
_STATUSES = {400, 403, 404, 416, 429, 500, 502, 503, 504}
_READING = {"GET", "HEAD", "OPTIONS"}
_METHODS = (
    "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE for a cached behavior associated with an "
    "origin group."
)


def install(settings: Settings) -> None:
    """Refuse distributions with other groups."""
    look, read = cloudfront._distribution_vpc_origin_error, cloudfront._distribution_config_xml

    def _distribution_vpc_origin_error(config_el: Any) -> Any:
        wrong = _wrong(config_el)
        return cloudfront._error("InvalidArgument", wrong, 400) if wrong else look(config_el)

    def _distribution_config_xml(config: dict[str, Any]) -> Any:
        element = read(config)
        if wrong := _wrong(element):
            raise ValueError(f"Invalid request provided: AWS::CloudFront::Distribution: {wrong}")
        return element

    cloudfront._distribution_vpc_origin_error = _distribution_vpc_origin_error
    cloudfront._distribution_config_xml = _distribution_config_xml


def _wrong(config: Any) -> str | None:
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
