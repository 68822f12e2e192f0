"""Runs viewer functions (CloudFront Functions): builds their events and applies their results.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
"""

import logging
import string
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from ministack.services import cloudfront

from local_aws.services.cloudfront.function_results import (
    READ_ONLY_IN_REQUESTS,
    check_request,
    check_response,
    is_hidden,
    is_response,
)
from local_aws.services.cloudfront.viewer import EdgeResponse, Headers, ViewerRequest

log = logging.getLogger("local_aws.cloudfront")
_REQUEST, _RESPONSE = "viewer-request", "viewer-response"
_URL_CHARACTERS = string.ascii_letters + string.digits + string.punctuation


async def on_viewer_request(request: ViewerRequest) -> tuple[int, dict[str, Any], bytes] | None:
    """Run the viewer-request function, which may change the request; returns the response if it makes one.

    Raises
    ------
    InvalidResult
        CloudFront does not accept what the function returned.
    """
    function = request.behavior["functions"].get(_REQUEST)
    if not function:
        return None
    event = _event(_REQUEST, request)
    result = await cloudfront._run_function(function, event)
    if is_response(result):
        check_response(None, result)
        return _response(request, result)
    check_request(event["request"], result)
    _apply_request(request, event["request"], result)
    return None


def has_viewer_response(request: ViewerRequest, answer: EdgeResponse) -> bool:
    """Whether a viewer-response function runs. It does not run if the origin answered 400 or above."""
    return bool(request.behavior["functions"].get(_RESPONSE)) and answer.origin_status < HTTPStatus.BAD_REQUEST


async def on_viewer_response(request: ViewerRequest, answer: EdgeResponse) -> EdgeResponse:
    """Run the viewer-response function; returns the response with its changes and deletions.

    Raises
    ------
    InvalidResult
        CloudFront does not accept what the function returned.
    """
    event = _event(_RESPONSE, request)
    event["response"] = cloudfront._response_event_fields(answer.status, "", _visible_headers(answer.headers))
    result = await cloudfront._run_function(request.behavior["functions"][_RESPONSE], event)
    check_response(event["response"], result)
    hidden = {name: value for name, value in answer.headers.items() if is_hidden(name)}
    headers = hidden | cloudfront._merge_function_headers(event["response"]["headers"], result.get("headers"))
    body = cloudfront._body_from_response_event(result, answer.body)
    headers, body = _without_forbidden_body(request, result["statusCode"], _with_cookies(headers, result), body)
    return replace(answer, status=result["statusCode"], headers=headers, body=body)


def _event(event_type: str, request: ViewerRequest) -> dict[str, Any]:
    event: dict[str, Any] = cloudfront._build_function_event(
        event_type,
        request.distribution["Id"],
        request.distribution["DomainName"],
        request.request_id,
        request.method,
        request.uri,
        request.parameters,
        _visible_headers(request.headers if event_type == _REQUEST else request.sent_headers),
        request.client_ip,
    )
    return event


def _visible_headers(headers: Headers) -> Headers:
    return {name: value for name, value in headers.items() if not is_hidden(name)}


def _response(request: ViewerRequest, result: dict[str, Any]) -> tuple[int, dict[str, Any], bytes]:
    headers = _with_cookies(cloudfront._merge_function_headers(None, result.get("headers")), result)
    body = cloudfront._body_from_response_event(result, b"")
    headers, body = _without_forbidden_body(request, result["statusCode"], headers, body)
    final = cloudfront._add_cloudfront_headers(headers, "FunctionGeneratedResponse from cloudfront")
    return result["statusCode"], cloudfront._render_headers(final, title_case=True), body


def _without_forbidden_body(
    request: ViewerRequest, status: int, headers: Headers, body: bytes
) -> tuple[Headers, bytes]:
    """Remove the body of a response to HEAD, and of a status that has no body."""
    if status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        return headers, b""
    if request.method == "HEAD" and body:
        return headers | {"content-length": str(len(body))}, b""
    return headers, body


def _with_cookies(headers: Headers, event: dict[str, Any]) -> Headers:
    cookies = cloudfront._set_cookie_values_from_event(event.get("cookies"))
    return headers | {"set-cookie": cookies} if cookies else headers


def _apply_request(request: ViewerRequest, before: dict[str, Any], after: dict[str, Any]) -> None:
    # Non-ASCII characters go to the origin as escaped UTF-8.
    request.uri = quote(after["uri"], safe=_URL_CHARACTERS)
    own = {name: value for name, value in request.headers.items() if is_hidden(name) or name in READ_ONLY_IN_REQUESTS}
    request.headers = own | cloudfront._merge_function_headers(before["headers"], after.get("headers"))
    request.cookies = {name: str(item.get("value", "")) for name, item in (after.get("cookies") or {}).items()}
    query = after.get("querystring")
    if isinstance(query, str):
        request.query = quote(query, safe=_URL_CHARACTERS)
    elif query is not None and query != before["querystring"]:
        request.query = quote("&".join(_pairs(query)), safe=_URL_CHARACTERS)


def _pairs(query: dict[str, Any]) -> Iterator[str]:
    """The parameters that a function returned. A function gets them percent-encoded, and returns them so."""
    for name, item in query.items():
        others = (value["value"] for value in item.get("multiValue", [])[1:])
        for value in (item.get("value", ""), *others):
            yield f"{name}={value}"
