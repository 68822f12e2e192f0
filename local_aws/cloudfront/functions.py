"""Viewer functions (CloudFront Functions), run by MiniStack's worker, which needs Node.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
"""

import logging
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from ministack.services import cloudfront

from local_aws.cloudfront.viewer import Answer, Headers, ViewerRequest

log = logging.getLogger("local_aws.cloudfront")
_REQUEST, _RESPONSE = "viewer-request", "viewer-response"


async def on_viewer_request(request: ViewerRequest) -> tuple[int, dict[str, Any], bytes] | None:
    """Let the behavior's function change the request; its own response, if it makes one."""
    function = request.behavior["functions"].get(_REQUEST)
    if not function:
        return None
    event = _event(_REQUEST, request)
    result = await cloudfront._run_function(function, event)
    if isinstance(result, dict) and "statusCode" in result:
        return _response(result)
    _change(request, event["request"], result if isinstance(result, dict) else event["request"])
    return None


def has_viewer_response(request: ViewerRequest, answer: Answer) -> bool:
    """Whether a function sees the answer: none does when the origin answered 400 or above."""
    return bool(request.behavior["functions"].get(_RESPONSE)) and answer.origin_status < HTTPStatus.BAD_REQUEST


async def on_viewer_response(request: ViewerRequest, answer: Answer) -> Answer:
    """The answer as the behavior's function leaves it. What it deletes stays gone."""
    event = _event(_RESPONSE, request)
    event["response"] = cloudfront._response_event_fields(answer.status, "", answer.headers)
    result = await cloudfront._run_function(request.behavior["functions"][_RESPONSE], event)
    given = result if isinstance(result, dict) else event["response"]
    headers = cloudfront._merge_function_headers(event["response"]["headers"], given.get("headers"))
    return replace(
        answer,
        status=given.get("statusCode", answer.status),
        headers=_with_cookies(headers, given),
        body=cloudfront._body_from_response_event(given, answer.body),
    )


def _event(kind: str, request: ViewerRequest) -> dict[str, Any]:
    event: dict[str, Any] = cloudfront._build_function_event(
        kind,
        request.distribution["Id"],
        request.distribution["DomainName"],
        request.request_id,
        request.method,
        request.uri,
        request.parameters,
        request.headers if kind == _REQUEST else request.sent_headers,
        request.client_ip,
    )
    return event


def _response(result: dict[str, Any]) -> tuple[int, dict[str, Any], bytes]:
    headers = _with_cookies(cloudfront._merge_function_headers(None, result.get("headers")), result)
    final = cloudfront._add_cloudfront_headers(headers, "FunctionGeneratedResponse from cloudfront")
    body = cloudfront._body_from_response_event(result, b"")
    return result["statusCode"], cloudfront._render_headers(final, title_case=True), body


def _with_cookies(headers: Headers, event: dict[str, Any]) -> Headers:
    cookies = cloudfront._set_cookie_values_from_event(event.get("cookies"))
    return headers | {"set-cookie": cookies} if cookies else headers


def _change(request: ViewerRequest, before: dict[str, Any], after: dict[str, Any]) -> None:
    request.uri = after.get("uri", request.uri)
    request.headers = cloudfront._merge_function_headers(before["headers"], after.get("headers"))
    request.cookies = {
        name: str(item.get("value", "") if isinstance(item, dict) else item)
        for name, item in (after.get("cookies") or {}).items()
    }
    query = after.get("querystring")
    if isinstance(query, str):
        request.query, request.parameters = query, {}
    elif query is not None and query != before["querystring"]:
        _change_query(request, query)


def _change_query(request: ViewerRequest, given: dict[str, Any]) -> None:
    parameters = {}
    for name, item in given.items():
        if isinstance(item, dict):
            others = (each.get("value", "") for each in item.get("multiValue", [])[1:])
            parameters[name] = [item.get("value", ""), *others]
    request.parameters = parameters
    request.query = urlencode(parameters, doseq=True, quote_via=quote)
