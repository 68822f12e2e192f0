"""Cache policies and origin request policies that CloudFront takes.

AWS: a cache policy whose maximum TTL is 0 disables caching, and then has no cache key: headers, cookies, query strings
and compression are refused. An origin request policy names neither Authorization nor Accept-Encoding, which a cache
policy has to.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-the-cache-key.html
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_cloudfront.OriginRequestHeaderBehavior.html
https://github.com/aws/aws-cdk/issues/16977 (the messages)
Lacking here: MiniStack takes all of these.
Hooked at: `cloudfront._parse_cache_policy_config` and the parser of `_ORP_SPEC`, which read what the API is given and a
template's. A stack's event names the policy only.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudfront

from local_aws.hooks import Hook
from local_aws.settings import Settings

_CLOUDFRONT = "ministack.services.cloudfront"
HOOKS = (
    Hook(f"{_CLOUDFRONT}:_parse_cache_policy_config", "el"),
    Hook(f"{_CLOUDFRONT}:_parse_orp_config", "el"),
    Hook(f"{_CLOUDFRONT}:_ORP_SPEC", "type:dict"),
    Hook(f"{_CLOUDFRONT}:_error", "code,message,status"),
)
_CACHE_POLICYS_OWN = {"authorization", "accept-encoding"}
_Parse = Callable[[Any], tuple[dict[str, Any] | None, Any]]


def install(settings: Settings) -> None:
    """Refuse other policies."""
    cloudfront._parse_cache_policy_config = _checked(cloudfront._parse_cache_policy_config, _wrong_with_cache_policy)
    cloudfront._ORP_SPEC["parse"] = _checked(cloudfront._ORP_SPEC["parse"], _wrong_with_origin_request_policy)


def _checked(parse: _Parse, wrong_with: Callable[[dict[str, Any]], str | None]) -> _Parse:
    def parsed(el: Any) -> tuple[dict[str, Any] | None, Any]:
        config, error = parse(el)
        wrong = wrong_with(config) if config is not None else None
        return (None, cloudfront._error("InvalidArgument", wrong, 400)) if wrong else (config, error)

    return parsed


def _wrong_with_cache_policy(config: dict[str, Any]) -> str | None:
    given = config.get("Parameters") or {}
    if config.get("MaxTTL") != 0:
        return None
    kinds = ("HeaderBehavior", "CookieBehavior", "QueryStringBehavior")
    set_kinds = [name for name in kinds if given.get(name, "none") != "none"]
    formats = [name for name in ("EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli") if given.get(name)]
    wrong = next(iter(set_kinds + formats), None)
    return f"The parameter {wrong} is invalid for policy with caching disabled." if wrong else None


def _wrong_with_origin_request_policy(config: dict[str, Any]) -> str | None:
    if config["HeaderBehavior"] == "allExcept":
        return None
    wrong = next((name for name in config["Headers"] if name.lower() in _CACHE_POLICYS_OWN), None)
    return f"The parameter Headers contains {wrong} that is not allowed." if wrong else None
