"""The Lambda proxy integration: the function's event and its response.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import binascii
import json
from typing import Any

from local_aws.services.apigateway.media import is_binary
from local_aws.services.apigateway.request import Call, Json, Response

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
# Below this size nothing that JSON does to a body can make a payload too large.
_SURELY_SMALL_BYTES = 768 * 1024
_FIELDS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}


class Malformed(Exception):
    """A function's output that API Gateway cannot turn into a response."""


class TooLarge(Exception):
    """A request that does not fit a synchronous invocation."""


def event(call: Call, binary_types: list[str]) -> Json:
    """The proxy event.

    Raises
    ------
    TooLarge
        The event is larger than Lambda accepts.
    """
    headers = call.sent_headers
    body, is_base64 = _event_body(call, binary_types)
    made = {
        "resource": call.resource["path"],
        "path": call.path,
        "httpMethod": call.http_method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in call.query.items()} or None,
        "multiValueQueryStringParameters": {name: list(values) for name, values in call.query.items()} or None,
        "pathParameters": call.path_parameters or None,
        "stageVariables": call.stage.get("variables") or None,
        "requestContext": _context(call),
        "body": body,
        "isBase64Encoded": is_base64,
    }
    if len(call.body) > _SURELY_SMALL_BYTES and _json_bytes(made) > MAX_PAYLOAD_BYTES:
        raise TooLarge
    return made


def _event_body(call: Call, binary_types: list[str]) -> tuple[str | None, bool]:
    if not call.body:
        return None, False
    if is_binary(call.headers.get("content-type", ""), binary_types):
        return base64.b64encode(call.body).decode(), True
    return call.body.decode("utf-8", "replace"), False


def _context(call: Call) -> Json:
    context = {
        "resourceId": call.resource["id"],
        "resourcePath": call.resource["path"],
        "httpMethod": call.http_method,
        "extendedRequestId": call.extended_request_id,
        "requestTime": call.request_time,
        "path": call.full_path,
        "accountId": call.account,
        "protocol": "HTTP/1.1",
        "stage": call.stage_name,
        "domainPrefix": call.host.partition(".")[0],
        "requestTimeEpoch": int(call.started * 1000),
        "requestId": call.request_id,
        "identity": call.identity,
        "domainName": call.host,
        "deploymentId": call.stage.get("deploymentId"),
        "apiId": call.api_id,
    }
    return context if call.authorizer is None else {**context, "authorizer": call.authorizer}


def response(result: Any, accept: str, binary_types: list[str]) -> Response:
    """The HTTP response that a function's output describes.

    Raises
    ------
    Malformed
        It is not an object of the documented fields, or too large.
    """
    if not isinstance(result, dict) or not _FIELDS.issuperset(result):
        raise Malformed("not an object of statusCode, headers, multiValueHeaders, body and isBase64Encoded")
    body = result.get("body")
    if not isinstance(body, str | None):
        raise Malformed("body is not a string")
    content = (body or "").encode("utf-8", "surrogatepass")
    if len(content) > _SURELY_SMALL_BYTES and _json_bytes(result) > MAX_PAYLOAD_BYTES:
        raise Malformed("larger than 6 MB")
    # The first type that the client names decides: https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html
    if result.get("isBase64Encoded") and is_binary(accept.partition(",")[0], binary_types):
        content = _decoded(content)
    return _status(result.get("statusCode", 200)), _headers(result), content


def _decoded(content: bytes) -> bytes:
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
    """`headers` and `multiValueHeaders` merged; for the same name the multi-value headers win."""
    single, multiple = result.get("headers") or {}, result.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise Malformed("headers are not an object")
    found: dict[str, tuple[str, Any]] = {"content-type": ("Content-Type", "application/json")}
    for name, value in single.items():
        if not isinstance(value, str | int | float):
            raise Malformed(f"header {name} is not a string")
        found[name.lower()] = (name, _header_text(value))
    for name, values in multiple.items():
        if not isinstance(values, list) or not all(isinstance(value, str | int | float) for value in values):
            raise Malformed(f"header {name} is not a list of strings")
        if values:
            found[name.lower()] = (name, [_header_text(value) for value in values])
    return dict(found.values())


def _header_text(value: str | float) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if "\r" in text or "\n" in text or "\0" in text:
        raise Malformed("a header has a line break in it")
    return text


def _json_bytes(value: Json) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
