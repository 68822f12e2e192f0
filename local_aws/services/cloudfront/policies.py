"""Validates cache policies and origin request policies as CloudFront does.

AWS: a cache policy whose maximum TTL is 0 disables caching. It cannot include headers, cookies, query strings or
compression. An origin request policy cannot name Authorization or Accept-Encoding; only a
cache policy can. A cache policy cannot name CloudFront-Viewer-Address; only an origin request policy can.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-the-cache-key.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_cloudfront.OriginRequestHeaderBehavior.html
https://github.com/aws/aws-cdk/issues/16977 (the messages)
Lacking here: MiniStack accepts all of these. A stack's event says which policy was refused, but not why.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ministack.services import cloudfront

from local_aws.hooks import wraps

_ONLY_IN_CACHE_POLICIES = {"authorization", "accept-encoding"}
_ONLY_IN_ORIGIN_REQUEST_POLICIES = {"cloudfront-viewer-address"}
# A configuration, or the error that refuses it.
_Parsed = tuple[dict[str, Any] | None, Any]
_Parse = Callable[[Any], _Parsed]


@wraps("ministack.services.cloudfront:_parse_cache_policy_config")
def _parse_cache_policy(parse: _Parse, el: Any) -> _Parsed:
    return _checked(parse(el), _cache_policy_problem)


@wraps("ministack.services.cloudfront:_ORP_SPEC[parse]")
def _parse_origin_request_policy(parse: _Parse, el: Any) -> _Parsed:
    return _checked(parse(el), _origin_request_policy_problem)


def _checked(parsed: _Parsed, problem_of: Callable[[dict[str, Any]], str | None]) -> _Parsed:
    config, _ = parsed
    problem = problem_of(config) if config is not None else None
    return (None, cloudfront._error("InvalidArgument", problem, 400)) if problem else parsed


def _cache_policy_problem(config: dict[str, Any]) -> str | None:
    parameters = config.get("Parameters") or {}
    if config.get("MaxTTL") != 0:
        return _refused_header(parameters.get("Headers") or (), _ONLY_IN_ORIGIN_REQUEST_POLICIES)
    behaviors = ("HeaderBehavior", "CookieBehavior", "QueryStringBehavior")
    refused = [name for name in behaviors if parameters.get(name, "none") != "none"]
    refused += [name for name in ("EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli") if parameters.get(name)]
    return f"The parameter {refused[0]} is invalid for policy with caching disabled." if refused else None


def _origin_request_policy_problem(config: dict[str, Any]) -> str | None:
    if config["HeaderBehavior"] == "allExcept":
        return None
    return _refused_header(config["Headers"], _ONLY_IN_CACHE_POLICIES)


def _refused_header(names: Iterable[str], refused_names: set[str]) -> str | None:
    refused = next((name for name in names if name.lower() in refused_names), None)
    return f"The parameter Headers contains {refused} that is not allowed." if refused else None
