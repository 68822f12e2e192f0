"""What API Gateway answers before or instead of the function, as problem documents like the functions' own.

It stands in the contract as AWS's own extension, where the deploy tool finds it:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

import json
from typing import Any

import msgspec

from common.http import problems
from common.http.problems import CONTENT_TYPE, ProblemDocument, ProblemType

EXTENSION = "x-amazon-apigateway-gateway-responses"

THROTTLED = ProblemType(429, "throttled", "Too many requests")
TIMEOUT = ProblemType(504, "timeout", "It took too long")
# API Gateway's status for a function that cannot be called, or whose response is not one.
BAD_GATEWAY = ProblemType(502, problems.INTERNAL_ERROR.name, problems.INTERNAL_ERROR.title)
# Every operation may answer with these.
ANY_OPERATION = (THROTTLED, BAD_GATEWAY, TIMEOUT)

_PROBLEMS = {
    "UNAUTHORIZED": problems.UNAUTHENTICATED,
    "EXPIRED_TOKEN": problems.UNAUTHENTICATED,
    "ACCESS_DENIED": problems.FORBIDDEN,
    # Named for requests that should be signed; it is the answer to every address and method that has no route.
    "MISSING_AUTHENTICATION_TOKEN": problems.NOT_FOUND,
    "RESOURCE_NOT_FOUND": problems.NOT_FOUND,
    "REQUEST_TOO_LARGE": problems.BODY_TOO_LARGE,
    "UNSUPPORTED_MEDIA_TYPE": problems.UNSUPPORTED_MEDIA_TYPE,
    "THROTTLED": THROTTLED,
    "QUOTA_EXCEEDED": THROTTLED,
    "INTEGRATION_FAILURE": TIMEOUT,
    "INTEGRATION_TIMEOUT": TIMEOUT,
}

# Chalice's views answer with these; so must API Gateway's own answers, or a browser hides the error from the page.
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "*",
    "Cache-Control": "no-store",
    "Content-Type": CONTENT_TYPE,
}
_HEADERS_OF_STATUS = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "1"}}
_REQUEST_ID = "$context.requestId"


def gateway_responses() -> dict[str, Any]:
    """The extension's value: each gateway response by its type."""
    return {
        "DEFAULT_4XX": _response(_other_refusal()),
        "DEFAULT_5XX": _response(_body(problems.INTERNAL_ERROR, with_status=False)),
        **{
            name: {
                "statusCode": str(problem.status),
                **_response(_body(problem), _HEADERS_OF_STATUS.get(problem.status, {})),
            }
            for name, problem in _PROBLEMS.items()
        },
    }


def _response(body: str, more_headers: dict[str, str] | None = None) -> dict[str, Any]:
    headers = {**_HEADERS, **(more_headers or {})}
    return {
        "responseParameters": {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()},
        "responseTemplates": {"application/json": body},
    }


def _body(problem: ProblemType, *, with_status: bool = True) -> str:
    """The template of a problem document. A template of several statuses is not told which one it is used for."""
    status = problem.status if with_status else msgspec.UNSET
    return msgspec.json.encode(ProblemDocument(problem.type, problem.title, status, request_id=_REQUEST_ID)).decode()


def _other_refusal() -> str:
    """The template for the types without a problem of their own; `messageString` brings its own quotes."""
    marker = "message"
    document = ProblemDocument("about:blank", marker, request_id=_REQUEST_ID)
    return msgspec.json.encode(document).decode().replace(json.dumps(marker), "$context.error.messageString")
