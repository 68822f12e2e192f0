"""Builds the event of a Lambda proxy integration, and reads the function's response.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import binascii
import json
from typing import Any

from local_aws.services.apigateway.media import is_binary
from local_aws.services.apigateway.request import Json, Response, StageRequest

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
# A body below this size cannot exceed the limit, however JSON escapes it.
_SURELY_SMALL_BYTES = 768 * 1024
_FIELDS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}


class Malformed(Exception):
    """The function's output is not a valid proxy response; the text says why."""


class TooLarge(Exception):
    """The event is too large for a synchronous invocation."""


def event(request: StageRequest, binary_types: list[str]) -> Json:
    """Build the proxy event.

    Raises
    ------
    TooLarge
        The event is larger than Lambda accepts.
    """
    headers = request.sent_headers
    body, is_base64 = _event_body(request, binary_types)
    proxy_event = {
        "resource": request.resource["path"],
        "path": request.path,
        "httpMethod": request.http_method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in request.query.items()} or None,
        "multiValueQueryStringParameters": {name: list(values) for name, values in request.query.items()} or None,
        "pathParameters": request.path_parameters or None,
        "stageVariables": request.stage.get("variables") or None,
        "requestContext": _context(request),
        "body": body,
        "isBase64Encoded": is_base64,
    }
    if len(request.body) > _SURELY_SMALL_BYTES and _json_bytes(proxy_event) > MAX_PAYLOAD_BYTES:
        raise TooLarge
    return proxy_event


def _event_body(request: StageRequest, binary_types: list[str]) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    if is_binary(request.headers.get("content-type", ""), binary_types):
        return base64.b64encode(request.body).decode(), True
    return request.body.decode("utf-8", "replace"), False


def _context(request: StageRequest) -> Json:
    context = {
        "resourceId": request.resource["id"],
        "resourcePath": request.resource["path"],
        "httpMethod": request.http_method,
        "extendedRequestId": request.extended_request_id,
        "requestTime": request.request_time,
        "path": request.full_path,
        "accountId": request.account,
        "protocol": "HTTP/1.1",
        "stage": request.stage_name,
        "domainPrefix": request.host.partition(".")[0],
        "requestTimeEpoch": int(request.started * 1000),
        "requestId": request.request_id,
        "identity": request.identity,
        "domainName": request.host,
        "deploymentId": request.stage.get("deploymentId"),
        "apiId": request.api_id,
    }
    return context if request.authorizer is None else {**context, "authorizer": request.authorizer}


def response(result: Any, accept: str, binary_types: list[str]) -> Response:
    """Convert a function's output to an HTTP response.

    Raises
    ------
    Malformed
        The output is not an object of the documented fields, or is too large.
    """
    if not isinstance(result, dict) or not _FIELDS.issuperset(result):
        raise Malformed("not an object of statusCode, headers, multiValueHeaders, body and isBase64Encoded")
    body = result.get("body")
    if not isinstance(body, str | None):
        raise Malformed("body is not a string")
    content = (body or "").encode("utf-8", "surrogatepass")
    if len(content) > _SURELY_SMALL_BYTES and _json_bytes(result) > MAX_PAYLOAD_BYTES:
        raise Malformed("larger than 6 MB")
    # The first media type in Accept decides: https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html
    if result.get("isBase64Encoded") and is_binary(accept.partition(",")[0], binary_types):
        content = _decode_base64(content)
    return _status(result.get("statusCode", 200)), _headers(result), content


def _decode_base64(content: bytes) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise Malformed("body is not Base64") from error


def _status(value: Any) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError) as error:
        raise Malformed("statusCode is not a number") from error
    if isinstance(value, bool) or not 100 <= status <= 599:
        raise Malformed("statusCode is not an HTTP status")
    return status


def _headers(result: Json) -> Json:
    """`headers` and `multiValueHeaders` merged; `multiValueHeaders` overrides `headers`."""
    single, multiple = result.get("headers") or {}, result.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise Malformed("headers are not an object")
    headers_by_name: dict[str, tuple[str, Any]] = {"content-type": ("Content-Type", "application/json")}
    for name, value in single.items():
        if not isinstance(value, str | int | float):
            raise Malformed(f"header {name} is not a string")
        headers_by_name[name.lower()] = (name, _header_text(value))
    for name, values in multiple.items():
        if not isinstance(values, list) or not all(isinstance(value, str | int | float) for value in values):
            raise Malformed(f"header {name} is not a list of strings")
        if values:
            headers_by_name[name.lower()] = (name, [_header_text(value) for value in values])
    return dict(headers_by_name.values())


def _header_text(value: str | float) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if "\r" in text or "\n" in text or "\0" in text:
        raise Malformed("a header contains a line break")
    return text


def _json_bytes(value: Json) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
