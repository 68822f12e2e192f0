"""Builds the origin request from the values that the cache policy and the origin request policy include.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-how-origin-request-policies-and-cache-policies-work-together.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from ministack.services import cloudfront

from local_aws.services.cloudfront.cache_control import joined
from local_aws.services.cloudfront.viewer import Headers, ViewerRequest

_NEVER_FORWARDED = {"host", "cookie", "content-length", "connection", "transfer-encoding"}
_CONDITIONS = ("if-none-match", "if-modified-since")
# Only the origin can evaluate these, so such a request bypasses the cache.
_ORIGINS_CONDITIONS = ("if-match", "if-unmodified-since", "if-range")
_ALWAYS_FORWARDED = {"range", *_CONDITIONS, *_ORIGINS_CONDITIONS}
Allowed = Callable[[str], bool]


@dataclass(frozen=True)
class OriginRequest:
    """One request to an origin."""

    method: str
    uri: str
    query: str
    headers: Headers
    body: bytes
    # If no cookie is forwarded to the origin, CloudFront removes Set-Cookie from its response.
    forwards_cookies: bool
    header_allowed: Allowed


def bypasses_cache(request: ViewerRequest) -> bool:
    """Whether the origin must answer this request, whatever is cached."""
    return any(name in request.headers for name in _ORIGINS_CONDITIONS)


def origin_request(request: ViewerRequest, conditions: dict[str, str] | None) -> OriginRequest:
    """Build the origin request; `conditions`, if not None, replace the viewer's conditional headers."""
    header_allowed, cookie_allowed, query_allowed = cloudfront._forwarding_predicates(request.behavior)
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in _NEVER_FORWARDED and (name in _ALWAYS_FORWARDED or header_allowed(name))
    }
    if "authorization" in request.headers and not request.is_cached_method:
        # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#request-custom-headers-behavior
        headers["authorization"] = request.headers["authorization"]
    if conditions is not None:
        headers = {name: value for name, value in headers.items() if name not in _CONDITIONS} | conditions
    agent = request.headers.get("user-agent")
    headers["user-agent"] = agent if agent and header_allowed("user-agent") else "Amazon CloudFront"
    if header_allowed("host"):
        headers["host"] = request.headers.get("host", "")
    encodings = request.policy.accepted_encodings(request.headers)
    if encodings is not None:
        headers["accept-encoding"] = encodings or "identity"
    cookies = [f"{name}={value}" for name, value in request.cookies.items() if cookie_allowed(name)]
    if cookies:
        headers["cookie"] = "; ".join(cookies)
    query = _query(request, query_allowed)
    forwards = forwards_cookies(request.behavior)
    return OriginRequest(request.method, request.uri, query, headers, request.body, forwards, header_allowed)


def forwards_cookies(behavior: dict[str, Any]) -> bool:
    """Whether a cache behavior forwards any cookie to its origin."""
    if behavior["cache_policy_id"] is None:
        return bool((behavior["forwarded_values"] or {}).get("cookies_forward", "none") != "none")
    parameters = cloudfront.cache_policy_params(behavior["cache_policy_id"]) or {}
    policy = cloudfront.origin_request_policy_config(behavior["origin_request_policy_id"]) or {}
    return any(settings.get("CookieBehavior", "none") != "none" for settings in (parameters, policy))


def _query(request: ViewerRequest, allowed: Allowed) -> str:
    """The part of the query string that the origin gets, in the viewer's order and spelling."""
    pairs = request.query.split("&")
    named = [(pair, unquote_plus(pair.partition("=")[0])) for pair in pairs if pair]
    if all(allowed(name) for _, name in named):
        return request.query
    return "&".join(pair for pair, name in named if allowed(name))


def response_headers(answer: Headers, sent: OriginRequest) -> Headers:
    """Remove from an origin's response the headers that CloudFront does not pass on.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
    """
    headers: Headers = cloudfront._strip_hop_by_hop_response_headers(answer)
    if not sent.forwards_cookies:
        headers.pop("set-cookie", None)
    names = [name.strip() for name in joined(headers.pop("vary", None)).split(",")]
    vary = [name for name in names if _varies(name.lower(), sent.header_allowed)]
    return headers | {"vary": ", ".join(vary)} if vary else headers


def _varies(name: str, header_allowed: Allowed) -> bool:
    return name in ("accept-encoding", "cookie") or (name not in ("", "*") and header_allowed(name))
