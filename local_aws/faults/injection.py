"""Injects the faults that the rules of `local_aws.faults.api` define.

AWS has the Fault Injection Service (https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html), which
MiniStack does not have; this is smaller, but also affects single operations. Errors have the format of the service's
protocol, so SDKs raise and retry as on AWS
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).

A whole region can be down: calls to it end without a response, its event source mappings and asynchronous invocations
wait until it is up again, and tables are not replicated to or from it.
"""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_region, request_scope
from ministack.core.router import detect_service, extract_region, extract_signed_region
from ministack.services import apigateway_v1, s3

from local_aws.faults import regions
from local_aws.faults.operations import rest_operation
from local_aws.faults.rules import Faults, Rule
from local_aws.hooks import wraps
from local_aws.web.asgi import Application, Receive, Scope, Send, joined_headers

faults = Faults()
_kill_running: Callable[[str, str | None], int]
# Account, region and event source mapping.
_Mapping = tuple[str, str, Any]
# service: (code, status), from each service's API reference.
_FAILURES = {
    "dynamodb": ("InternalServerError", 500),
    "s3": ("InternalError", 500),
    "lambda": ("ServiceException", 500),
    "cognito-idp": ("InternalErrorException", 500),
    "cognito-identity": ("InternalErrorException", 500),
    "secretsmanager": ("InternalServiceError", 500),
}
_THROTTLES = {
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "kinesis": ("ProvisionedThroughputExceededException", 400),
    "s3": ("SlowDown", 503),
    "lambda": ("TooManyRequestsException", 429),
    "apigateway": ("TooManyRequestsException", 429),
    "cognito-idp": ("TooManyRequestsException", 400),
    "cognito-identity": ("TooManyRequestsException", 400),
    "sesv2": ("TooManyRequestsException", 429),
    "sqs": ("RequestThrottled", 403),
    "athena": ("TooManyRequestsException", 400),
}
# Global services, whose calls are signed for us-east-1: https://docs.aws.amazon.com/general/latest/gr/rande.html
_GLOBAL = re.compile(r"Credential=[^,]*/us-east-1/(cloudfront|iam|route53)/aws4_request")
_DEFAULTS = {"fail": ("InternalFailure", 500), "throttle": ("ThrottlingException", 400)}
_MESSAGES = {"fail": "Injected failure", "throttle": "Rate exceeded (injected)"}


def background_fault(service: str, operation: str) -> Rule | None:
    """The rule that makes work in the background fail now; rules that delay it have done so.

    `operation` is one of the names of ours in `rules`. Call this in the context of the work's account and region.
    """
    rules = faults.rules_for_call(service, {operation}, get_region())
    for rule in rules:
        time.sleep(rule.delay_ms / 1000)
    return next((rule for rule in rules if rule.action != "delay"), None)


def service_names() -> dict[str, str]:
    """Every service name that a rule may use, with MiniStack's name of the service."""
    return {**{name: name for name in app.SERVICE_HANDLERS}, **app.SERVICE_NAME_ALIASES, "sesv2": "ses"}


regions.register_check(faults.is_down)


@wraps("ministack.app:app")
async def _refuse_unreachable(application: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the application; a call to a region that is down ends within its response, as if the connection broke."""
    if scope["type"] == "http" and faults.rules and faults.is_unreachable(_called_region(scope)):
        headers = [(b"content-length", b"1"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
    else:
        await application(scope, receive, send)


def _called_region(scope: Scope) -> str:
    """The region that a call is signed for, or that of its API or bucket; empty if there is none."""
    headers = joined_headers(scope["headers"])
    query = parse_qs(scope["query_string"].decode("latin-1"))
    if _GLOBAL.search(headers.get("authorization", "")):
        return ""
    if signed := extract_signed_region(headers, query):
        return str(signed)
    host = headers.get("host", "")
    return _region_of_api(host, scope["path"]) or _region_of_bucket(host, scope["path"])


def _region_of_api(host: str, path: str) -> str:
    called = app._parse_execute_api_url(host, path)
    regions_of_api = (region for _, region, api in list(apigateway_v1._rest_apis._data) if called and api == called[0])
    return next(regions_of_api, "")


def _region_of_bucket(host: str, path: str) -> str:
    """The region of a bucket, for requests whose signature names no region (forms, version 2, public objects)."""
    named = app._s3_cors_target(host, path)
    if named is None:
        return ""
    with request_scope(s3._bucket_owner_account(named[0]), get_region()):
        return s3.bucket_region(named[0]) or ""


@wraps("ministack.services.lambda_svc:_iter_all_esms")
def _mappings_of_reachable_regions(mappings: Callable[[], Iterator[_Mapping]]) -> Iterator[_Mapping]:
    return (mapping for mapping in mappings() if not regions.is_down(mapping[1]))


@wraps("ministack.app:_dispatch_service_request")
async def _dispatch_with_faults(
    dispatch: Callable[..., Any],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, Any],
    request_id: str,
) -> Any:
    """Inject a fault, or dispatch the call. Without rules this costs one comparison."""
    injected = await _inject(method, path, headers, body, query_params, request_id) if faults.rules else None
    return injected or await dispatch(method, path, headers, body, query_params, request_id)


@wraps("ministack.app:_handle_ses_v2_request")
async def _handle_ses_v2_with_faults(
    handle: Callable[..., Any],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, Any],
    request_id: str,
) -> Any:
    may_fail = faults.rules and path.startswith(app._SES_V2_PREFIX)
    injected = await _inject(method, path, headers, body, query_params, request_id) if may_fail else None
    return injected or await handle(method, path, headers, body, query_params, request_id)


async def _inject(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], request_id: str
) -> tuple[int, dict[str, str], bytes] | None:
    """Apply the delays of the matching rules; returns the error that replaces the response, if a rule has one."""
    parameters = app._routing_params(method, path, headers, body, query_params)
    service = detect_service(method, path, headers, parameters)
    operations = _operations(service, method, path, headers, body, parameters)
    for rule in faults.rules_for_call(service, operations, extract_region(headers, query_params)):
        await asyncio.sleep(rule.delay_ms / 1000)
        if rule.action != "delay":
            # SES v2 is the same service in MiniStack, but its protocol is JSON.
            is_v2 = service == "ses" and path.startswith(app._SES_V2_PREFIX)
            return _error(rule, "sesv2" if is_v2 else service, request_id, headers)
    return None


def _operations(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, parameters: dict[str, Any]
) -> set[str]:
    """The names of the call's operation: its own, and that of its IAM action if it differs."""
    action = iam_actions.extract_iam_action(service, method, path, headers, body, parameters) or ""
    query = {name: value[0] if isinstance(value, list) else value for name, value in parameters.items()}
    name = rest_operation(service, method, path, query, headers) or app._ct_event_name(
        service, method, path, headers, parameters
    )
    return {action.rpartition(":")[2], name} - {""}


def _error(rule: Rule, service: str, request_id: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    table = _FAILURES if rule.action == "fail" else _THROTTLES
    code, status = table.get(service, _DEFAULTS[rule.action])
    message = rule.message or _MESSAGES[rule.action]
    _, reply_headers, body = iam_actions.access_denied_response(
        service, "", "", request_id, error_code=rule.code or code, message=message, headers=headers
    )
    return rule.status or status, {**reply_headers, "x-amzn-requestid": request_id}, body


@wraps("ministack.services.lambda_svc:_acquire_execution_slot")
def _acquire_unless_throttled(acquire: Callable[..., Any], func: dict[str, Any], config: dict[str, Any]) -> Any:
    matching = faults.rules_for_invocation(config.get("FunctionName", ""), _region(config), ("throttle",))
    return (None, "function") if matching else acquire(func, config)


@wraps("ministack.services.lambda_svc:_execute_function_dispatch")
def _dispatch_invocation_with_faults(
    dispatch: Callable[..., Any], func: Any, config: dict[str, Any], event: Any, request_id: str, started: float
) -> Any:
    name = config.get("FunctionName", "")
    ended = threading.Event()
    for rule in faults.rules_for_invocation(name, _region(config), ("fail", "delay", "kill")):
        if rule.action == "kill":
            threading.Thread(target=_kill, args=(name, request_id, rule.delay_ms / 1000, ended), daemon=True).start()
            continue
        time.sleep(rule.delay_ms / 1000)
        if rule.action == "fail":
            return _failed_result(rule)
    try:
        return dispatch(func, config, event, request_id, started)
    finally:
        ended.set()


def register_kill(kill_running: Callable[[str, str | None], int]) -> None:
    """Register the function that kills the process of an invocation; it returns how many it killed."""
    global _kill_running
    _kill_running = kill_running


def _kill(function: str, request_id: str, delay_seconds: float, ended: threading.Event) -> None:
    """Kill the process of this invocation, as soon as there is one."""
    ended.wait(delay_seconds)
    while not ended.is_set() and not _kill_running(function, request_id):
        ended.wait(0.001)


def _failed_result(rule: Rule) -> dict[str, Any]:
    payload = {"errorMessage": rule.message or _MESSAGES["fail"], "errorType": rule.code or "InjectedFailure"}
    return {"body": payload, "error": True, "function_error": "Unhandled", "log": ""}


def _region(config: dict[str, Any]) -> str:
    return str(config.get("FunctionArn", ":::")).split(":")[3]
