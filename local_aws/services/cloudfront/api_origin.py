"""Distributions in front of REST APIs.

AWS: an origin may be `{api-id}.execute-api.{region}.amazonaws.com`; CloudFront sends it what the policies let through,
adds Via, X-Amz-Cf-Id and X-Forwarded-For, and passes the API's errors on
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html).
API Gateway serves HTTPS only, and refuses a Host that is not its own with 403. A cache behavior without AllowedMethods
allows GET and HEAD; an origin with neither S3OriginConfig nor CustomOriginConfig content is an S3 origin when its
domain name is a bucket's.
Lacking here: MiniStack answers 502 for such origins, lets every method through where none is listed, and drops an empty
S3OriginConfig.
Hooked at: `cloudfront._fetch_from_origin`, `_dataplane_allowed_methods`, `_dataplane_origin`.
"""

import asyncio
import http.client
import re
from typing import Any
from urllib.parse import parse_qs, unquote

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import apigateway_v1, cloudfront

from local_aws.hooks import Hook
from local_aws.settings import Settings

_ORIGIN = "origin,method,uri,query_string,headers,body,viewer_is_https,client_ip,viewer_xff,dist_arn"
_API = "host,path,method,headers,body,query_params,raw_path,raw_query_string"
HOOKS = (
    Hook("ministack.services.cloudfront:_fetch_from_origin", _ORIGIN),
    Hook("ministack.services.cloudfront:_dataplane_allowed_methods", "behavior_el"),
    Hook("ministack.services.cloudfront:_dataplane_origin", "origin_el"),
    Hook("ministack.services.cloudfront:_s3_origin_bucket", "domain_name"),
    Hook("ministack.services.cloudfront:_find", "el,tag"),
    Hook("ministack.services.cloudfront:_multidict_from_pairs", "pairs"),
    Hook("ministack.services.cloudfront:_origin_connect_target", "origin,viewer_is_https"),
    Hook("ministack.services.cloudfront:_origin_request_headers", "origin,headers,client_ip,viewer_x_forwarded_for"),
    Hook("ministack.services.cloudfront:OriginUnreachable", "type:type"),
    Hook("ministack.services.cloudfront:OriginTimeout", "type:type"),
    Hook("ministack.services.apigateway_v1:find_api_scope", "api_id"),
    Hook("ministack.app:_handle_execute_api_request", _API),
    Hook("ministack.core.responses:request_scope", "account_id,region"),
    Hook("ministack.app:_MINISTACK_HOST", "type:str"),
)
_API_DOMAIN = re.compile(r"([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")


def install(settings: Settings) -> None:
    """Serve API origins in process."""
    fetch = cloudfront._fetch_from_origin
    allowed_methods, read_origin = cloudfront._dataplane_allowed_methods, cloudfront._dataplane_origin

    async def _fetch_from_origin(origin: dict[str, Any], *arguments: Any) -> Any:
        match = _API_DOMAIN.fullmatch(origin["domain_name"].lower())
        if match is None:
            return await fetch(origin, *arguments)
        return await _fetch_from_api(match[1], match[2], origin, *arguments)

    def _dataplane_origin(element: Any) -> Any:
        origin = read_origin(element)
        if origin["s3_bucket"] is None and cloudfront._find(element, "CustomOriginConfig") is None:
            origin["s3_bucket"] = cloudfront._s3_origin_bucket(origin["domain_name"])
        return origin

    cloudfront._fetch_from_origin = _fetch_from_origin
    cloudfront._dataplane_allowed_methods = lambda element: allowed_methods(element) or ["GET", "HEAD"]
    cloudfront._dataplane_origin = _dataplane_origin


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
    """(status, reason, headers, body) of a stage of the API, called as over the wire."""
    _, _, use_https = cloudfront._origin_connect_target(origin, viewer_is_https)
    scope = apigateway_v1.find_api_scope(api_id)
    if not use_https or scope is None or scope[1] != region:
        raise cloudfront.OriginUnreachable(f"nothing answers for {origin['domain_name']}")
    sent = cloudfront._origin_request_headers(origin, headers, client_ip, viewer_xff)
    sent = {name.lower(): value for name, value in sent.items()} | {"x-forwarded-proto": "https"}
    if sent["host"].partition(":")[0].lower() != origin["domain_name"].lower():
        return _answer((403, {"x-amzn-ErrorType": "ForbiddenException"}, b'{"message":"Forbidden"}'))
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
    # Waited for without cancelling it: the function goes on, as it does on AWS.
    done, _ = await asyncio.wait({work}, timeout=origin["read_timeout"])
    if not done:
        raise cloudfront.OriginTimeout(f"{origin['domain_name']} did not answer in {origin['read_timeout']} s")
    return _answer(work.result())


def _answer(response: tuple[int, dict[str, Any], bytes | str]) -> Any:
    status, headers, body = response
    pairs = [
        (name, value)
        for name, values in headers.items()
        for value in (values if isinstance(values, list | tuple) else [values])
    ]
    content = body.encode() if isinstance(body, str) else body
    return status, http.client.responses.get(status, ""), cloudfront._multidict_from_pairs(pairs), content
