"""Formats access logs: one line for each request, in the stage's format.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from local_aws.services.apigateway.request import StageRequest

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.:-]*[A-Za-z0-9_])")
_SIMPLE: dict[str, Callable[[StageRequest], Any]] = {
    "accountId": lambda request: request.account,
    "apiId": lambda request: request.api_id,
    "deploymentId": lambda request: request.stage.get("deploymentId"),
    "domainName": lambda request: request.host,
    "domainPrefix": lambda request: request.host.partition(".")[0],
    "error.message": lambda request: request.error_message,
    "error.messageString": lambda request: json.dumps(request.error_message) if request.error_message else None,
    "error.responseType": lambda request: request.error_type,
    "extendedRequestId": lambda request: request.extended_request_id,
    "httpMethod": lambda request: request.http_method,
    "integration.latency": lambda request: _integration_milliseconds(request),
    "integrationLatency": lambda request: _integration_milliseconds(request),
    "path": lambda request: request.full_path,
    "protocol": lambda request: "HTTP/1.1",
    "requestId": lambda request: request.request_id,
    "requestTime": lambda request: request.request_time,
    "requestTimeEpoch": lambda request: int(request.started * 1000),
    "resourceId": lambda request: request.resource.get("id"),
    "resourcePath": lambda request: request.resource.get("path"),
    "responseLatency": lambda request: round((time.time() - request.started) * 1000),
    "stage": lambda request: request.stage_name,
    "xrayTraceId": lambda request: request.trace_id,
}


def line(log_format: str, request: StageRequest, status: int, response_bytes: int) -> str:
    """Format the log line. A variable without a value is `-`."""
    as_json = log_format.lstrip().startswith("{")

    def value(match: re.Match[str]) -> str:
        logged = _value(match[1], request, status, response_bytes)
        text = "-" if logged in (None, "") else str(logged)
        if match[1] == "error.messageString":
            return text
        return json.dumps(text)[1:-1] if as_json else re.sub(r"[\r\n]", " ", text)

    return _VARIABLE.sub(value, log_format)


def _value(name: str, request: StageRequest, status: int, response_bytes: int) -> Any:
    if name in ("status", "responseLength"):
        return status if name == "status" else response_bytes
    if name.startswith("identity."):
        return request.identity.get(name.removeprefix("identity."))
    if name.startswith("authorizer."):
        return _authorizer_value(name.removeprefix("authorizer."), request.authorizer or {})
    read_value = _SIMPLE.get(name)
    return read_value(request) if read_value else None


def _authorizer_value(name: str, authorizer: dict[str, Any]) -> Any:
    if name.startswith("claims."):
        return (authorizer.get("claims") or {}).get(name.removeprefix("claims."))
    return authorizer.get(name)


def _integration_milliseconds(request: StageRequest) -> int | None:
    if not request.integration_ended:
        return None
    return round((request.integration_ended - request.integration_started) * 1000)
