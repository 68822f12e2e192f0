"""Answers one request to a stage, from routing to the response.

The order of the checks is API Gateway's: limits, stage, route, authorization, API key, throttle, quota, validation.
"""

import logging

from ministack.services import apigateway_v1 as upstream

from local_aws.services.apigateway import access_log, log_delivery, media
from local_aws.services.apigateway.gateway_errors import GatewayError, gateway_response, raise_for, request_too_long
from local_aws.services.apigateway.integration_calls import call_integration
from local_aws.services.apigateway.request import Json, Response, StageRequest
from local_aws.services.apigateway.response_headers import finish
from local_aws.services.apigateway.snapshot import DeployedApi, current_deployment
from local_aws.services.apigateway.stage_cache import cached_call

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_REQUEST_LINE_AND_HEADERS_BYTES = 10_240
_log = logging.getLogger("local_aws.apigateway")


async def execute(request: StageRequest, deployed: DeployedApi | None) -> Response:
    """Answer one request. The caller does not see internal errors."""
    token = current_deployment.set(deployed)
    try:
        response = await _handle(request, deployed)
    except GatewayError as error:
        request.error_message, request.error_type = error.message or "", error.response_type
        response = gateway_response(error, request)
    except Exception:
        _log.exception("API Gateway failed on %s %s", request.http_method, request.full_path)
        response = gateway_response(GatewayError("DEFAULT_5XX", "Internal server error", 500), request)
    finally:
        current_deployment.reset(token)
    status, headers, body = response
    headers, body = finish(headers, body, request, _compression(deployed))
    _write_access_log(request, status, len(body))
    return status, headers, body


def _compression(deployed: DeployedApi | None) -> int | None:
    size = deployed.api.get("minimumCompressionSize") if deployed else None
    return None if size in (None, "") else int(size)


def _write_access_log(request: StageRequest, status: int, size: int) -> None:
    settings = request.stage.get("accessLogSettings") or {}
    if settings.get("destinationArn") and settings.get("format"):
        text = access_log.line(settings["format"], request, status, size)
        log_delivery.deliver(settings["destinationArn"], request, text)


async def _handle(request: StageRequest, deployed: DeployedApi | None) -> Response:
    _check_size(request)
    if not request.stage or deployed is None or deployed.api.get("disableExecuteApiEndpoint") is True:
        # No gateway response applies, because the request does not reach a deployment.
        return 403, {"Content-Type": "application/json", "x-amzn-ErrorType": "ForbiddenException"}, _FORBIDDEN
    route = deployed.router.match(request.path, request.http_method)
    if route is None:
        raise GatewayError("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
    request.resource, request.path_parameters = route.resource, route.parameters
    _decompress(request)
    await _authorize(request, route.method)
    _check_usage(request, route.method)
    integration = route.method.get("methodIntegration")
    if not integration:
        raise GatewayError("API_CONFIGURATION_ERROR", "Internal server error")
    cached = cached_call(request, integration)
    if cached is None:
        return await call_integration(request, deployed, integration)
    return cached.response() or cached.keep(await call_integration(request, deployed, integration))


_FORBIDDEN = b'{"message":"Forbidden"}'


def _check_size(request: StageRequest) -> None:
    line_and_headers = len(request.full_path) + sum(map(len, request.headers.values()))
    if line_and_headers > MAX_REQUEST_LINE_AND_HEADERS_BYTES:
        raise GatewayError("DEFAULT_4XX", "Request Header Fields Too Large", 431)
    if len(request.body) > MAX_BODY_BYTES:
        raise request_too_long()


def _decompress(request: StageRequest) -> None:
    coding = request.headers.get("content-encoding")
    if not coding:
        return
    try:
        request.body = media.decompress(request.body, coding, MAX_BODY_BYTES)
    except media.UnsupportedCoding:
        raise GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type") from None
    except media.TooLong:
        raise request_too_long() from None
    del request.headers["content-encoding"]


async def _authorize(request: StageRequest, method: Json) -> None:
    error, request.authorizer = await upstream._authorize_request_v1(
        request.api_id,
        request.stage_name,
        method,
        request.http_method,
        request.path,
        request.resource,
        request.headers,
        request.body,
        request.query,
        request.path_parameters,
        request.stage,
        request.account,
        request.region,
    )
    raise_for(error)
    if method.get("authorizationType") == "AWS_IAM":
        request.caller = upstream._iam_caller_identity(request.headers, request.query)


def _check_usage(request: StageRequest, method: Json) -> None:
    """Check API key, throttle, quota and request validation, in this order."""
    error, key = upstream._check_api_key(method, request.api_id, request.stage_name, request.headers)
    raise_for(error)
    api_key = key or (
        upstream._resolve_api_key(request.headers["x-api-key"]) if "x-api-key" in request.headers else None
    )
    path, verb = request.resource["path"], request.http_method
    raise_for(upstream._check_throttle(request.stage, request.api_id, request.stage_name, path, verb, api_key))
    raise_for(upstream._check_quota(key, request.api_id, request.stage_name))
    parameters = {"path_params": request.path_parameters}
    error = upstream._check_request_validation(
        method, request.api_id, parameters, request.headers, request.body, request.query
    )
    raise_for(error)
