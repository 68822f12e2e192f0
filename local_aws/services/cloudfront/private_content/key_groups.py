"""Validates key groups, and the key groups of distributions.

AWS: a key group has at most five keys and a distribution at most four key groups, all of which exist. Trusted signers
are AWS accounts with key pairs of their root user; accounts here have none.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-trusted-signers.html
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html (the errors)
Lacking here: MiniStack accepts any number of keys and groups, groups that do not exist, and all trusted signers.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudfront

from local_aws.hooks import wraps
from local_aws.services.cloudfront.configuration import items, trusted

_MOST_KEYS, _MOST_GROUPS = 5, 4
# Code and message.
_Problem = tuple[str, str]


@wraps("ministack.services.cloudfront:_parse_key_group_config")
def _parse_key_group(parse: Callable[[Any], tuple[Any, Any]], el: Any) -> tuple[Any, Any]:
    config, error = parse(el)
    if error is None and len(config["Items"]) > _MOST_KEYS:
        message = "The number of public keys in this key group is more than the maximum allowed."
        return None, cloudfront._error("TooManyPublicKeysInKeyGroup", message, 400)
    return config, error


@wraps("ministack.services.cloudfront:_distribution_vpc_origin_error")
def _error_of_request(find_error: Callable[[Any], Any], config_el: Any) -> Any:
    """Refuse invalid key groups and trusted signers in CreateDistribution and UpdateDistribution."""
    problem = _problem(config_el)
    return cloudfront._error(*problem, 400) if problem else find_error(config_el)


@wraps("ministack.services.cloudfront:_distribution_config_xml")
def _configuration_of_template(read: Callable[[dict[str, Any]], Any], config: dict[str, Any]) -> Any:
    """Refuse them in a CloudFormation template."""
    element = read(config)
    if problem := _problem(element):
        raise ValueError(f"Invalid request provided: AWS::CloudFront::Distribution: {problem[1]} ({problem[0]})")
    return element


def _problem(config: Any) -> _Problem | None:
    behaviors = [cloudfront._find(config, "DefaultCacheBehavior"), *items(cloudfront._find(config, "CacheBehaviors"))]
    present = [each for each in behaviors if each is not None]
    if any(trusted(each, "TrustedSigners") for each in present):
        return "TrustedSignerDoesNotExist", "One or more of your trusted signers don't exist."
    groups = {group for each in present for group in trusted(each, "TrustedKeyGroups")}
    if any(group not in cloudfront._key_groups for group in groups):
        return "TrustedKeyGroupDoesNotExist", "The specified key group does not exist."
    if len(groups) > _MOST_GROUPS:
        message = "The number of key groups referenced by this distribution is more than the maximum allowed."
        return "TooManyKeyGroupsAssociatedToDistribution", message
    return None
