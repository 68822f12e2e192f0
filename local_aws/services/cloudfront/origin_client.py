"""Sends requests to an origin, or to the two origins of an origin group.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
For failover, a failed connection counts as status 503 and a response that takes too long as 504. Each request goes to
the first origin first. The cache behaviors of an origin group allow GET, HEAD and OPTIONS only.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ministack.services import cloudfront

from local_aws.services.cloudfront.cache_control import joined
from local_aws.services.cloudfront.configuration import Configuration
from local_aws.services.cloudfront.forwarding import OriginRequest, origin_request, response_headers
from local_aws.services.cloudfront.viewer import Headers, ViewerRequest

_log = logging.getLogger("local_aws.cloudfront")
_REGION = re.compile(
    r"\.(?:s3[.-]([a-z]+-[a-z-]+-\d+)|(?:execute-api|lambda-url|elb)\.([a-z0-9-]+)|([a-z0-9-]+)\.elb)\.(?:amazonaws\.com|on\.aws)$"
)
# The region of a bucket's domain name that names none: `{bucket}.s3.amazonaws.com`.
_GLOBAL_REGION = "us-east-1"
_AWS_NAMES = (".amazonaws.com", ".on.aws")
RegionCheck = Callable[[str], bool]


@dataclass(frozen=True)
class OriginResponse:
    """An origin's response, or the error that CloudFront generates in its place."""

    status: int
    headers: Headers
    body: bytes
    is_generated: bool = False
    # The response has no Content-Length, so it is not compressed.
    is_chunked: bool = False
    # `Vary: *`: the response is for one request only.
    varies_on_all: bool = False


class _Failed(Exception):
    """The origin sent no response: `status` is for the viewer, `counts_as` for failover in an origin group."""

    def __init__(self, status: int, *counts_as: int) -> None:
        super().__init__(status)
        self.status = status
        self.counts_as = frozenset(counts_as)


async def fetch_from_origin(request: ViewerRequest, sent: OriginRequest, is_region_down: RegionCheck) -> OriginResponse:
    """Send a request to the origin or origin group of its cache behavior."""
    return await _fetch_with_failover(request.configuration, request.behavior, request, sent, is_region_down)


async def fetch_error_page(request: ViewerRequest, path: str, is_region_down: RegionCheck) -> OriginResponse:
    """Fetch a custom error page from the origin of the cache behavior that its path matches.

    The origin gets the viewer's headers that this behavior forwards. AWS's documentation does not say whether it does.
    """
    behavior = request.configuration.behavior(path)
    if behavior is None:
        return _generated(502)
    viewer = replace(
        request,
        behavior=behavior,
        policy=request.configuration.policy(behavior),
        method="GET",
        uri=path,
        query="",
        body=b"",
        # These are about what the viewer asked for, and not about the page.
        headers={name: value for name, value in request.headers.items() if name != "range" and name[:3] != "if-"},
    )
    sent = origin_request(viewer, conditions=None)
    return await _fetch_with_failover(request.configuration, behavior, request, sent, is_region_down)


async def _fetch_with_failover(
    configuration: Configuration,
    behavior: dict[str, Any],
    request: ViewerRequest,
    sent: OriginRequest,
    is_region_down: RegionCheck,
) -> OriginResponse:
    origins, statuses = configuration.origins(behavior)
    answer = _generated(502)
    for origin in origins:
        try:
            answer = await _fetch_from_one(origin, request, sent, is_region_down)
            counts_as = frozenset({answer.status})
        except _Failed as failure:
            answer, counts_as = _generated(failure.status), failure.counts_as
        if not counts_as & statuses:
            return answer
    return answer


async def _fetch_from_one(
    origin: dict[str, Any], request: ViewerRequest, sent: OriginRequest, is_region_down: RegionCheck
) -> OriginResponse:
    _check_region(origin, is_region_down)
    try:
        status, _, headers, body = await cloudfront._fetch_from_origin(
            origin,
            sent.method,
            sent.uri,
            sent.query,
            dict(sent.headers),
            sent.body,
            request.is_https,
            request.client_ip,
            request.headers.get("x-forwarded-for", ""),
            request.distribution.get("ARN", ""),
        )
    except cloudfront.OriginTimeout as error:
        _log.info("origin %s: %s", origin["domain_name"], error)
        raise _Failed(504, 504) from error
    except cloudfront.OriginUnreachable as error:
        _log.info("origin %s: %s", origin["domain_name"], error)
        raise _Failed(502, 502, 503) from error
    return OriginResponse(
        status,
        response_headers(headers, sent),
        body if isinstance(body, bytes) else body.encode(),
        is_chunked="transfer-encoding" in headers,
        varies_on_all=joined(headers.get("vary")).strip() == "*",
    )


def _check_region(origin: dict[str, Any], is_region_down: RegionCheck) -> None:
    """Fail at once, as if the connection timed out, if the origin's region is down."""
    if is_region_down(region_of(origin["domain_name"])):
        raise _Failed(504, 503, 504)


def region_of(domain: str) -> str:
    """The region in an AWS origin's domain name; an empty string for any other origin."""
    name = domain.lower().rstrip(".")
    region = _REGION.search(name)
    if region:
        return str(next(filter(None, region.groups())))
    return _GLOBAL_REGION if name.endswith(_AWS_NAMES) else ""


def _generated(status: int) -> OriginResponse:
    """The error page that CloudFront generates when the origin sends no response."""
    _, headers, body = cloudfront._cf_error_response(status, "The request could not be satisfied.", "")
    content_type = next(value for name, value in headers.items() if name.lower() == "content-type")
    return OriginResponse(status, {"content-type": content_type, "server": "CloudFront"}, body, is_generated=True)
