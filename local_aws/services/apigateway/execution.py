"""The data plane: one request through a stage, from routing to the response.

The order of the checks is API Gateway's: limits, stage, route, authorization, API key, throttle, quota, validation.
"""

import logging

from ministack.services import apigateway_v1 as upstream

from local_aws.services.apigateway import access_log, log_delivery, media
from local_aws.services.apigateway.gateway_errors import GatewayError, raise_for, rendered, too_long
from local_aws.services.apigateway.integrations import integrated
from local_aws.services.apigateway.request import Call, Json, Response
from local_aws.services.apigateway.response_headers import finished
from local_aws.services.apigateway.snapshot import Deployed, serving

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_REQUEST_LINE_AND_HEADERS_BYTES = 10_240
_log = logging.getLogger("local_aws.apigateway")


async def execute(call: Call, deployed: Deployed | None) -> Response:
    """Answer one request. Internal errors are not shown to the caller."""
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
    return await integrated(call, deployed, integration)


_FORBIDDEN = b'{"message":"Forbidden"}'


def _check_size(call: Call) -> None:
    line_and_headers = len(call.full_path) + sum(map(len, call.headers.values()))
    if line_and_headers > MAX_REQUEST_LINE_AND_HEADERS_BYTES:
        raise GatewayError("DEFAULT_4XX", "Request Header Fields Too Large", 431)
    if len(call.body) > MAX_BODY_BYTES:
        raise too_long()


def _decompress(call: Call) -> None:
    coding = call.headers.get("content-encoding")
    if not coding:
        return
    try:
        call.body = media.decompressed(call.body, coding, MAX_BODY_BYTES)
    except media.UnsupportedCoding:
        raise GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type") from None
    except media.TooLong:
        raise too_long() from None
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
    raise_for(error)
    if method.get("authorizationType") == "AWS_IAM":
        call.caller = upstream._iam_caller_identity(call.headers, call.query)


def _check(call: Call, method: Json) -> None:
    """API Gateway's own checks after authorization."""
    error, key = upstream._check_api_key(method, call.api_id, call.stage_name, call.headers)
    raise_for(error)
    known = key or (upstream._resolve_api_key(call.headers["x-api-key"]) if "x-api-key" in call.headers else None)
    path, verb = call.resource["path"], call.http_method
    raise_for(upstream._check_throttle(call.stage, call.api_id, call.stage_name, path, verb, known))
    raise_for(upstream._check_quota(key, call.api_id, call.stage_name))
    request = {"path_params": call.path_parameters}
    raise_for(upstream._check_request_validation(method, call.api_id, request, call.headers, call.body, call.query))
