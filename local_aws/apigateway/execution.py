"""The data plane: one request through a stage, from routing to the response.

The order of the checks is API Gateway's: limits, stage, route, authorization, API key, throttle, quota, validation.
"""

import asyncio
import logging
import time
from typing import Any

from ministack.services import apigateway_v1 as upstream

from local_aws.apigateway import access_log, log_delivery, media, mock, proxy
from local_aws.apigateway.call import Call, Json, Response
from local_aws.apigateway.gateway_errors import GatewayError, rendered
from local_aws.apigateway.response_headers import finished
from local_aws.apigateway.snapshot import Deployed, serving

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_REQUEST_LINE_AND_HEADERS_BYTES = 10_240
_MAX_INTEGRATION_SECONDS = 29.0
_TOO_LONG = GatewayError("REQUEST_TOO_LARGE", "Request Too Long", 413, "RequestEntityTooLargeException")
_log = logging.getLogger("local_aws.apigateway")


async def execute(call: Call, deployed: Deployed | None) -> Response:
    """Answer one request. Nothing of what goes wrong inside reaches the caller."""
    token = serving.set(deployed)
    try:
        response = await _answered(call, deployed)
    except GatewayError as error:
        call.error_message, call.error_type = error.message or "", error.response_type
        response = rendered(error, call)
    except Exception:
        _log.exception("API Gateway failed on %s %s", call.http_method, call.full_path)
        response = rendered(GatewayError("DEFAULT_5XX", "Internal server error", 500), call)
    finally:
        serving.reset(token)
    status, headers, body = response
    headers, body = finished(headers, body, call, _compression(deployed))
    _write_access_log(call, status, len(body))
    return status, headers, body


def _compression(deployed: Deployed | None) -> int | None:
    size = deployed.api.get("minimumCompressionSize") if deployed else None
    return None if size in (None, "") else int(size)


def _write_access_log(call: Call, status: int, size: int) -> None:
    settings = call.stage.get("accessLogSettings") or {}
    if settings.get("destinationArn") and settings.get("format"):
        text = access_log.line(settings["format"], call, status, size)
        log_delivery.deliver(settings["destinationArn"], call, text)


async def _answered(call: Call, deployed: Deployed | None) -> Response:
    _check_size(call)
    if not call.stage or deployed is None or deployed.api.get("disableExecuteApiEndpoint") is True:
        # No gateway response applies: the request never reaches a deployment.
        return 403, {"Content-Type": "application/json", "x-amzn-ErrorType": "ForbiddenException"}, _FORBIDDEN
    route = deployed.router.match(call.path, call.http_method)
    if route is None:
        raise GatewayError("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
    call.resource, call.path_parameters = route.resource, route.parameters
    _decompress(call)
    await _authorize(call, route.method)
    _check(call, route.method)
    integration = route.method.get("methodIntegration")
    if not integration:
        raise GatewayError("API_CONFIGURATION_ERROR", "Internal server error")
    return await _integrated(call, deployed, route.method, integration)


_FORBIDDEN = b'{"message":"Forbidden"}'


def _check_size(call: Call) -> None:
    line_and_headers = len(call.full_path) + sum(map(len, call.headers.values()))
    if line_and_headers > MAX_REQUEST_LINE_AND_HEADERS_BYTES:
        raise GatewayError("DEFAULT_4XX", "Request Header Fields Too Large", 431)
    if len(call.body) > MAX_BODY_BYTES:
        raise _TOO_LONG


def _decompress(call: Call) -> None:
    coding = call.headers.get("content-encoding")
    if not coding:
        return
    try:
        call.body = media.decompressed(call.body, coding, MAX_BODY_BYTES)
    except media.UnsupportedCoding:
        raise GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type") from None
    except media.TooLong:
        raise _TOO_LONG from None
    del call.headers["content-encoding"]


async def _authorize(call: Call, method: Json) -> None:
    error, call.authorizer = await upstream._authorize_request_v1(
        call.api_id,
        call.stage_name,
        method,
        call.http_method,
        call.path,
        call.resource,
        call.headers,
        call.body,
        call.query,
        call.path_parameters,
        call.stage,
        call.account,
        call.region,
    )
    _raise(error)
    if method.get("authorizationType") == "AWS_IAM":
        call.caller = upstream._iam_caller_identity(call.headers, call.query)


def _check(call: Call, method: Json) -> None:
    """API Gateway's own checks after authorization."""
    error, key = upstream._check_api_key(method, call.api_id, call.stage_name, call.headers)
    _raise(error)
    known = key or (upstream._resolve_api_key(call.headers["x-api-key"]) if "x-api-key" in call.headers else None)
    path, verb = call.resource["path"], call.http_method
    _raise(upstream._check_throttle(call.stage, call.api_id, call.stage_name, path, verb, known))
    _raise(upstream._check_quota(key, call.api_id, call.stage_name))
    request = {"path_params": call.path_parameters}
    _raise(upstream._check_request_validation(method, call.api_id, request, call.headers, call.body, call.query))


def _raise(error: Any) -> None:
    if error is not None:
        raise GatewayError(error.response_type, error.message, error_type=error.error_type)


async def _integrated(call: Call, deployed: Deployed, method: Json, integration: Json) -> Response:
    if integration["type"] == "MOCK":
        return _mocked(call, integration)
    work = _proxied if integration["type"] == "AWS_PROXY" else _other
    call.integration_started = time.time()
    task = asyncio.ensure_future(work(call, deployed, method, integration))
    # The function is not stopped by the timeout, neither here nor on AWS.
    done, _ = await asyncio.wait({task}, timeout=_timeout_seconds(integration))
    call.integration_ended = time.time()
    if not done:
        task.add_done_callback(_forget)
        raise GatewayError("INTEGRATION_TIMEOUT", "Endpoint request timed out")
    return task.result()


def _forget(task: asyncio.Future[Any]) -> None:
    """Look at what came too late, so that asyncio does not report it as unseen."""
    if not task.cancelled():
        task.exception()


def _timeout_seconds(integration: Json) -> float:
    return min(int(integration.get("timeoutInMillis") or 29_000) / 1000, _MAX_INTEGRATION_SECONDS)


def _mocked(call: Call, integration: Json) -> Response:
    try:
        return mock.answer(integration, call, _render)
    except mock.NoTemplate:
        raise GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type") from None
    except mock.Misconfigured as error:
        _log.warning("%s %s: %s", call.http_method, call.full_path, error)
        raise GatewayError("API_CONFIGURATION_ERROR", "Internal server error") from error


def _render(template: str, call: Call) -> str:
    if "$" not in template and "#" not in template:
        return template
    headers = {name: value for name, value in call.sent_headers.items() if isinstance(value, str)}
    query = {name: values[-1] for name, values in call.query.items()}
    context = {
        "requestId": call.request_id,
        "httpMethod": call.http_method,
        "resourcePath": call.resource["path"],
        "stage": call.stage_name,
        "apiId": call.api_id,
        "accountId": call.account,
        "path": call.full_path,
        "identity": call.identity,
        "authorizer": call.authorizer or {},
    }
    parameters = {**headers, **query, **call.path_parameters}
    body = call.body.decode("utf-8", "replace")
    return str(upstream._render_request_template_v1(template, body, parameters, context))


async def _proxied(call: Call, deployed: Deployed, method: Json, integration: Json) -> Response:
    binary_types = deployed.api.get("binaryMediaTypes") or []
    try:
        event = proxy.event(call, binary_types)
    except proxy.TooLarge:
        raise _TOO_LONG from None
    function = upstream._extract_lambda_ref_from_integration_uri(_with_stage_variables(integration["uri"], call))
    result, missing = await upstream._call_lambda_raw(function, event, account_id=call.account, region=call.region)
    if missing or result.get("throttle"):
        _log.warning("%s %s: %s", call.http_method, call.full_path, missing or "the function is throttled")
        raise GatewayError("API_CONFIGURATION_ERROR", "Internal server error")
    try:
        if result.get("error"):
            raise proxy.Malformed("the function failed")
        return proxy.response(result.get("body"), call.headers.get("accept", ""), binary_types)
    except proxy.Malformed as reason:
        _log.warning("%s %s: no proxy response: %s", call.http_method, call.full_path, reason)
        raise GatewayError("DEFAULT_5XX", "Internal server error", 502) from reason


def _with_stage_variables(uri: str, call: Call) -> str:
    for name, value in (call.stage.get("variables") or {}).items():
        uri = uri.replace("${stageVariables." + name + "}", value)
    return uri


async def _other(call: Call, deployed: Deployed, method: Json, integration: Json) -> Response:
    """HTTP and service integrations, which upstream serves."""
    _raise(upstream._check_passthrough_behavior(integration, call.headers))
    if integration["type"].startswith("HTTP"):
        answer = await upstream._invoke_http_proxy_v1(
            integration, call.path, call.http_method, call.headers, call.body, call.query, call.path_parameters
        )
    else:
        is_queue = (upstream._parse_service_integration_uri(integration["uri"]) or ("", ""))[1] == "sqs"
        invoke = upstream._invoke_sqs_v1 if is_queue else upstream._invoke_lambda_custom_v1
        answer = await invoke(
            integration,
            call.api_id,
            call.stage_name,
            call.stage,
            call.resource,
            call.path,
            call.http_method,
            call.headers,
            call.body,
            call.query,
            call.path_parameters,
            owner_account_id=call.account,
            owner_region=call.region,
            binary_media_types=deployed.api.get("binaryMediaTypes") or [],
            authorizer_context=call.authorizer,
            caller_identity=call.caller,
        )
    if isinstance(answer, upstream._GatewayError):
        _raise(answer)
    status, headers, body = answer
    return status, headers, body.encode() if isinstance(body, str) else body
