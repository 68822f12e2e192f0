"""Sends a distribution's requests to REST APIs in this process.

AWS: an origin may be `{api-id}.execute-api.{region}.amazonaws.com`; CloudFront forwards what the policies allow,
adds Via, X-Amz-Cf-Id and X-Forwarded-For, and passes the API's errors on
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html).
API Gateway serves HTTPS only, and refuses a Host that is not its own with 403. A cache behavior without AllowedMethods
allows GET and HEAD; an origin with neither S3OriginConfig nor CustomOriginConfig content is an S3 origin when its
domain name is a bucket's.
Lacking here: MiniStack answers 502 for such origins, allows every method if none is listed, and drops an empty
S3OriginConfig.
"""

import asyncio
import http.client
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import apigateway_v1, cloudfront

from local_aws.hooks import wraps

_API_DOMAIN = re.compile(r"([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")


@wraps("ministack.services.cloudfront:_fetch_from_origin")
async def _fetch_from_origin(fetch: Callable[..., Any], origin: dict[str, Any], *arguments: Any) -> Any:
    """Call an API origin in this process."""
    match = _API_DOMAIN.fullmatch(origin["domain_name"].lower())
    if match is None:
        return await fetch(origin, *arguments)
    return await _fetch_from_api(match[1], match[2], origin, *arguments)


@wraps("ministack.services.cloudfront:_dataplane_allowed_methods")
def _allowed_methods(allowed_methods: Callable[[Any], list[str]], element: Any) -> list[str]:
    return allowed_methods(element) or ["GET", "HEAD"]


@wraps("ministack.services.cloudfront:_dataplane_origin")
def _origin(read_origin: Callable[[Any], dict[str, Any]], element: Any) -> dict[str, Any]:
    origin = read_origin(element)
    if origin["s3_bucket"] is None and cloudfront._find(element, "CustomOriginConfig") is None:
        origin["s3_bucket"] = cloudfront._s3_origin_bucket(origin["domain_name"])
    return origin


async def _fetch_from_api(
    api_id: str,
    region: str,
    origin: dict[str, Any],
    method: str,
    uri: str,
    query_string: str,
    headers: dict[str, str],
    body: bytes,
    viewer_is_https: bool,
    client_ip: str,
    viewer_xff: str,
    dist_arn: str,
) -> Any:
    """Call a stage of the API; returns (status, reason, headers, body)."""
    _, _, use_https = cloudfront._origin_connect_target(origin, viewer_is_https)
    scope = apigateway_v1.find_api_scope(api_id)
    if not use_https or scope is None or scope[1] != region:
        raise cloudfront.OriginUnreachable(f"no API listens at {origin['domain_name']}")
    sent = cloudfront._origin_request_headers(origin, headers, client_ip, viewer_xff)
    sent = {name.lower(): value for name, value in sent.items()} | {"x-forwarded-proto": "https"}
    if sent["host"].partition(":")[0].lower() != origin["domain_name"].lower():
        return _origin_response((403, {"x-amzn-ErrorType": "ForbiddenException"}, b'{"message":"Forbidden"}'))
    path = origin["origin_path"] + uri
    with request_scope(*scope):
        work = asyncio.ensure_future(
            app._handle_execute_api_request(
                f"{api_id}.execute-api.{app._MINISTACK_HOST}",
                unquote(path),
                method,
                sent,
                body or b"",
                parse_qs(query_string, keep_blank_values=True),
                raw_path=path,
                raw_query_string=query_string,
            )
        )
    # A timeout does not cancel the call: the function goes on, as it does on AWS.
    done, _ = await asyncio.wait({work}, timeout=origin["read_timeout"])
    if not done:
        raise cloudfront.OriginTimeout(f"{origin['domain_name']} did not answer in {origin['read_timeout']} s")
    return _origin_response(work.result())


def _origin_response(response: tuple[int, dict[str, Any], bytes | str]) -> Any:
    status, headers, body = response
    pairs = [
        (name, value)
        for name, values in headers.items()
        for value in (values if isinstance(values, list | tuple) else [values])
    ]
    content = body.encode() if isinstance(body, str) else body
    return status, http.client.responses.get(status, ""), cloudfront._multidict_from_pairs(pairs), content
