"""Access logs: one line a request, in the stage's own format, in a CloudWatch Logs group.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from local_aws.services.apigateway.request import Call

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.:-]*[A-Za-z0-9_])")
_SIMPLE: dict[str, Callable[[Call], Any]] = {
    "accountId": lambda call: call.account,
    "apiId": lambda call: call.api_id,
    "deploymentId": lambda call: call.stage.get("deploymentId"),
    "domainName": lambda call: call.host,
    "domainPrefix": lambda call: call.host.partition(".")[0],
    "error.message": lambda call: call.error_message,
    "error.messageString": lambda call: json.dumps(call.error_message) if call.error_message else None,
    "error.responseType": lambda call: call.error_type,
    "extendedRequestId": lambda call: call.extended_request_id,
    "httpMethod": lambda call: call.http_method,
    "integration.latency": lambda call: _integration_milliseconds(call),
    "integrationLatency": lambda call: _integration_milliseconds(call),
    "path": lambda call: call.full_path,
    "protocol": lambda call: "HTTP/1.1",
    "requestId": lambda call: call.request_id,
    "requestTime": lambda call: call.request_time,
    "requestTimeEpoch": lambda call: int(call.started * 1000),
    "resourceId": lambda call: call.resource.get("id"),
    "resourcePath": lambda call: call.resource.get("path"),
    "responseLatency": lambda call: round((time.time() - call.started) * 1000),
    "stage": lambda call: call.stage_name,
    "xrayTraceId": lambda call: call.trace_id,
}


def line(log_format: str, call: Call, status: int, response_bytes: int) -> str:
    """The log line; a variable without a value is `-`."""
    as_json = log_format.lstrip().startswith("{")

    def value(match: re.Match[str]) -> str:
        logged = _value(match[1], call, status, response_bytes)
        text = "-" if logged in (None, "") else str(logged)
        if match[1] == "error.messageString":
            return text
        return json.dumps(text)[1:-1] if as_json else re.sub(r"[\r\n]", " ", text)

    return _VARIABLE.sub(value, log_format)


def _value(name: str, call: Call, status: int, response_bytes: int) -> Any:
    if name in ("status", "responseLength"):
        return status if name == "status" else response_bytes
    if name.startswith("identity."):
        return call.identity.get(name.removeprefix("identity."))
    if name.startswith("authorizer."):
        return _authorizer_value(name.removeprefix("authorizer."), call.authorizer or {})
    found = _SIMPLE.get(name)
    return found(call) if found else None


def _authorizer_value(name: str, authorizer: dict[str, Any]) -> Any:
    if name.startswith("claims."):
        return (authorizer.get("claims") or {}).get(name.removeprefix("claims."))
    return authorizer.get(name)


def _integration_milliseconds(call: Call) -> int | None:
    if not call.integration_ended:
        return None
    return round((call.integration_ended - call.integration_started) * 1000)
