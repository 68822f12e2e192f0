"""Asking origins: one, or the two of an origin group.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
A connection that fails counts as 503 there and a response that takes too long as 504, beside the statuses that the
origin answers itself. Each request asks the first origin first. A group's behaviors allow GET, HEAD and OPTIONS only.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import cloudfront

from local_aws.services.cloudfront.cache_control import joined
from local_aws.services.cloudfront.configuration import Configuration
from local_aws.services.cloudfront.forwarding import OriginRequest, response_headers
from local_aws.services.cloudfront.viewer import Headers, ViewerRequest

_log = logging.getLogger("local_aws.cloudfront")
_REGION = re.compile(
    r"\.(?:s3[.-]([a-z]+-[a-z-]+-\d+)|(?:execute-api|lambda-url|elb)\.([a-z0-9-]+)|([a-z0-9-]+)\.elb)\.(?:amazonaws\.com|on\.aws)$"
)
# The region of a bucket's name without one, `{bucket}.s3.amazonaws.com`.
_GLOBAL_REGION = "us-east-1"
_AWS_NAMES = (".amazonaws.com", ".on.aws")
Outage = Callable[[str], bool]


@dataclass(frozen=True)
class OriginAnswer:
    """What came back, or what CloudFront says instead."""

    status: int
    headers: Headers
    body: bytes
    is_generated: bool = False
    # Said no length, so it is not compressed.
    is_chunked: bool = False
    # `Vary: *`: no two requests are alike.
    varies_on_all: bool = False


class _Failed(Exception):
    """No response: `status` for the viewer, `counts_as` for an origin group."""

    def __init__(self, status: int, *counts_as: int) -> None:
        super().__init__(status)
        self.status = status
        self.counts_as = frozenset(counts_as)


async def ask(request: ViewerRequest, sent: OriginRequest, outage: Outage) -> OriginAnswer:
    """The answer of the request's origin or origin group."""
    return await _ask(request.configuration, request.behavior, request, sent, outage)


async def ask_for_page(request: ViewerRequest, path: str, outage: Outage) -> OriginAnswer:
    """A custom error page, from the origin of the cache behavior that its path matches."""
    behavior = request.configuration.behavior(path)
    if behavior is None:
        return _generated(502)
    sent = OriginRequest("GET", path, "", {"user-agent": "Amazon CloudFront"}, b"", False, lambda name: False)
    return await _ask(request.configuration, behavior, request, sent, outage)


async def _ask(
    configuration: Configuration, behavior: dict[str, Any], request: ViewerRequest, sent: OriginRequest, outage: Outage
) -> OriginAnswer:
    origins, statuses = configuration.origins(behavior)
    answer = _generated(502)
    for origin in origins:
        try:
            answer = await _one(origin, request, sent, outage)
            counts_as = frozenset({answer.status})
        except _Failed as failure:
            answer, counts_as = _generated(failure.status), failure.counts_as
        if not counts_as & statuses:
            return answer
    return answer


async def _one(origin: dict[str, Any], request: ViewerRequest, sent: OriginRequest, outage: Outage) -> OriginAnswer:
    _reach(origin, outage)
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
    return OriginAnswer(
        status,
        response_headers(headers, sent),
        body if isinstance(body, bytes) else body.encode(),
        is_chunked="transfer-encoding" in headers,
        varies_on_all=joined(headers.get("vary")).strip() == "*",
    )


def _reach(origin: dict[str, Any], outage: Outage) -> None:
    """Fail as a region does that is away: no connection comes about. Its time-out is not waited for."""
    if outage(region_of(origin["domain_name"])):
        raise _Failed(504, 503, 504)


def region_of(domain: str) -> str:
    """The region of an origin at AWS, from its name; an empty string for any other origin."""
    name = domain.lower().rstrip(".")
    found = _REGION.search(name)
    if found:
        return str(next(filter(None, found.groups())))
    return _GLOBAL_REGION if name.endswith(_AWS_NAMES) else ""


def _generated(status: int) -> OriginAnswer:
    """CloudFront's own page for an origin that gave no answer."""
    _, headers, body = cloudfront._cf_error_response(status, "The request could not be satisfied.", "")
    kind = next(value for name, value in headers.items() if name.lower() == "content-type")
    return OriginAnswer(status, {"content-type": kind, "server": "CloudFront"}, body, is_generated=True)
