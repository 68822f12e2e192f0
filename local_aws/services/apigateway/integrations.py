"""The integrations of methods: mocks, Lambda functions, queues and HTTP servers."""

import asyncio
import logging
import time
from typing import Any

from ministack.services import apigateway_v1 as upstream

from local_aws.services.apigateway import mock, proxy
from local_aws.services.apigateway.gateway_errors import GatewayError, raise_for, too_long
from local_aws.services.apigateway.request import Call, Json, Response
from local_aws.services.apigateway.snapshot import Deployed

_MAX_INTEGRATION_SECONDS = 29.0
_log = logging.getLogger("local_aws.apigateway")


async def integrated(call: Call, deployed: Deployed, integration: Json) -> Response:
    """The integration's answer, within its timeout."""
    if integration["type"] == "MOCK":
        return _mocked(call, integration)
    work = _proxied if integration["type"] == "AWS_PROXY" else _other
    call.integration_started = time.time()
    task = asyncio.ensure_future(work(call, deployed, integration))
    # The function is not stopped by the timeout, neither here nor on AWS.
    done, _ = await asyncio.wait({task}, timeout=_timeout_seconds(integration))
    call.integration_ended = time.time()
    if not done:
        task.add_done_callback(_forget)
        raise GatewayError("INTEGRATION_TIMEOUT", "Endpoint request timed out")
    return task.result()


def _forget(task: asyncio.Future[Any]) -> None:
    """Retrieve a result that came too late, so that asyncio does not report it as never retrieved."""
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


async def _proxied(call: Call, deployed: Deployed, integration: Json) -> Response:
    binary_types = deployed.api.get("binaryMediaTypes") or []
    try:
        event = proxy.event(call, binary_types)
    except proxy.TooLarge:
        raise too_long() from None
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


async def _other(call: Call, deployed: Deployed, integration: Json) -> Response:
    """HTTP and service integrations, which MiniStack serves."""
    raise_for(upstream._check_passthrough_behavior(integration, call.headers))
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
        raise_for(answer)
    status, headers, body = answer
    return status, headers, body.encode() if isinstance(body, str) else body
