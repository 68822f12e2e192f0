"""Calls the integration of a method: a mock, a Lambda function, a queue or an HTTP server."""

import asyncio
import logging
import time
from typing import Any

from ministack.services import apigateway_v1 as upstream

from local_aws.services.apigateway import mock, proxy
from local_aws.services.apigateway.gateway_errors import GatewayError, raise_for, request_too_long
from local_aws.services.apigateway.request import Json, Response, StageRequest
from local_aws.services.apigateway.snapshot import DeployedApi

_MAX_INTEGRATION_SECONDS = 29.0
_log = logging.getLogger("local_aws.apigateway")


async def call_integration(request: StageRequest, deployed: DeployedApi, integration: Json) -> Response:
    """Call the integration, within its timeout."""
    if integration["type"] == "MOCK":
        return _mock_response(request, integration)
    work = _call_function if integration["type"] == "AWS_PROXY" else _call_other
    request.integration_started = time.time()
    task = asyncio.ensure_future(work(request, deployed, integration))
    # As on AWS, the timeout does not stop the function.
    done, _ = await asyncio.wait({task}, timeout=_timeout_seconds(integration))
    request.integration_ended = time.time()
    if not done:
        task.add_done_callback(_forget)
        raise GatewayError("INTEGRATION_TIMEOUT", "Endpoint request timed out")
    return task.result()


def _forget(task: asyncio.Future[Any]) -> None:
    """Retrieve a late result, so that asyncio does not report it as never retrieved."""
    if not task.cancelled():
        task.exception()


def _timeout_seconds(integration: Json) -> float:
    return min(int(integration.get("timeoutInMillis") or 29_000) / 1000, _MAX_INTEGRATION_SECONDS)


def _mock_response(request: StageRequest, integration: Json) -> Response:
    try:
        return mock.answer(integration, request, _render)
    except mock.NoTemplate:
        raise GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type") from None
    except mock.Misconfigured as error:
        _log.warning("%s %s: %s", request.http_method, request.full_path, error)
        raise GatewayError("API_CONFIGURATION_ERROR", "Internal server error") from error


def _render(template: str, request: StageRequest) -> str:
    if "$" not in template and "#" not in template:
        return template
    headers = {name: value for name, value in request.sent_headers.items() if isinstance(value, str)}
    query = {name: values[-1] for name, values in request.query.items()}
    context = {
        "requestId": request.request_id,
        "httpMethod": request.http_method,
        "resourcePath": request.resource["path"],
        "stage": request.stage_name,
        "apiId": request.api_id,
        "accountId": request.account,
        "path": request.full_path,
        "identity": request.identity,
        "authorizer": request.authorizer or {},
    }
    parameters = {**headers, **query, **request.path_parameters}
    body = request.body.decode("utf-8", "replace")
    return str(upstream._render_request_template_v1(template, body, parameters, context))


async def _call_function(request: StageRequest, deployed: DeployedApi, integration: Json) -> Response:
    binary_types = deployed.api.get("binaryMediaTypes") or []
    try:
        event = proxy.event(request, binary_types)
    except proxy.TooLarge:
        raise request_too_long() from None
    function = upstream._extract_lambda_ref_from_integration_uri(_with_stage_variables(integration["uri"], request))
    result, missing = await upstream._call_lambda_raw(
        function, event, account_id=request.account, region=request.region
    )
    if missing or result.get("throttle"):
        _log.warning("%s %s: %s", request.http_method, request.full_path, missing or "the function is throttled")
        raise GatewayError("API_CONFIGURATION_ERROR", "Internal server error")
    try:
        if result.get("error"):
            raise proxy.Malformed("the function failed")
        return proxy.response(result.get("body"), request.headers.get("accept", ""), binary_types)
    except proxy.Malformed as reason:
        _log.warning("%s %s: malformed proxy response: %s", request.http_method, request.full_path, reason)
        raise GatewayError("DEFAULT_5XX", "Internal server error", 502) from reason


def _with_stage_variables(uri: str, request: StageRequest) -> str:
    for name, value in (request.stage.get("variables") or {}).items():
        uri = uri.replace("${stageVariables." + name + "}", value)
    return uri


async def _call_other(request: StageRequest, deployed: DeployedApi, integration: Json) -> Response:
    """Call an HTTP or service integration through MiniStack."""
    raise_for(upstream._check_passthrough_behavior(integration, request.headers))
    if integration["type"].startswith("HTTP"):
        answer = await upstream._invoke_http_proxy_v1(
            integration,
            request.path,
            request.http_method,
            request.headers,
            request.body,
            request.query,
            request.path_parameters,
        )
    else:
        is_queue = (upstream._parse_service_integration_uri(integration["uri"]) or ("", ""))[1] == "sqs"
        invoke = upstream._invoke_sqs_v1 if is_queue else upstream._invoke_lambda_custom_v1
        answer = await invoke(
            integration,
            request.api_id,
            request.stage_name,
            request.stage,
            request.resource,
            request.path,
            request.http_method,
            request.headers,
            request.body,
            request.query,
            request.path_parameters,
            owner_account_id=request.account,
            owner_region=request.region,
            binary_media_types=deployed.api.get("binaryMediaTypes") or [],
            authorizer_context=request.authorizer,
            caller_identity=request.caller,
        )
    if isinstance(answer, upstream._GatewayError):
        raise_for(answer)
    status, headers, body = answer
    return status, headers, body.encode() if isinstance(body, str) else body
