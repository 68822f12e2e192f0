"""The origin request: the values of a viewer's request that the cache policy and the origin request policy include.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-how-origin-request-policies-and-cache-policies-work-together.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from ministack.services import cloudfront

from local_aws.services.cloudfront.cache_control import joined
from local_aws.services.cloudfront.viewer import Headers, ViewerRequest

_NEVER = {"host", "cookie", "content-length", "connection", "transfer-encoding"}
_CONDITIONS = ("if-none-match", "if-modified-since")
# Decided by the origin alone, so such a request passes the cache by.
_ORIGINS_CONDITIONS = ("if-match", "if-unmodified-since", "if-range")
_ALWAYS = {"range", *_CONDITIONS, *_ORIGINS_CONDITIONS}
Allowed = Callable[[str], bool]


@dataclass(frozen=True)
class OriginRequest:
    """One request to an origin."""

    method: str
    uri: str
    query: str
    headers: Headers
    body: bytes
    # Whether cookies reach the origin, without which its own do not reach the viewer.
    forwards_cookies: bool
    header_allowed: Allowed


def passes_by(request: ViewerRequest) -> bool:
    """Whether the cache must not answer this request."""
    return any(name in request.headers for name in _ORIGINS_CONDITIONS)


def origin_request(request: ViewerRequest, conditions: dict[str, str] | None) -> OriginRequest:
    """The origin's request; with `conditions`, the edge's own in place of the viewer's."""
    header_allowed, cookie_allowed, query_allowed = cloudfront._forwarding_predicates(request.behavior)
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in _NEVER and (name in _ALWAYS or header_allowed(name))
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
    """Whether a behavior lets any cookie through to its origin."""
    if behavior["cache_policy_id"] is None:
        return bool((behavior["forwarded_values"] or {}).get("cookies_forward", "none") != "none")
    parameters = cloudfront.cache_policy_params(behavior["cache_policy_id"]) or {}
    policy = cloudfront.origin_request_policy_config(behavior["origin_request_policy_id"]) or {}
    return any(given.get("CookieBehavior", "none") != "none" for given in (parameters, policy))


def _query(request: ViewerRequest, allowed: Allowed) -> str:
    """What of the query the origin gets, in the viewer's order and spelling."""
    pairs = request.query.split("&")
    named = [(pair, unquote_plus(pair.partition("=")[0])) for pair in pairs if pair]
    if all(allowed(name) for _, name in named):
        return request.query
    return "&".join(pair for pair, name in named if allowed(name))


def response_headers(answer: Headers, sent: OriginRequest) -> Headers:
    """The origin's headers without those that CloudFront removes.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
    """
    kept: Headers = cloudfront._strip_hop_by_hop_response_headers(answer)
    if not sent.forwards_cookies:
        kept.pop("set-cookie", None)
    names = [name.strip() for name in joined(kept.pop("vary", None)).split(",")]
    wanted = [name for name in names if _varies(name.lower(), sent.header_allowed)]
    return kept | {"vary": ", ".join(wanted)} if wanted else kept


def _varies(name: str, header_allowed: Allowed) -> bool:
    return name in ("accept-encoding", "cookie") or (name not in ("", "*") and header_allowed(name))
