"""Errors that API Gateway itself answers with, through the API's gateway responses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from typing import Any

from ministack.services import apigateway_v1 as upstream

from local_aws.services.apigateway.request import Call, Response


class GatewayError(Exception):
    """A refusal or failure of one of the documented response types.

    `status` is the documented status where the type does not determine it.
    """

    def __init__(
        self, response_type: str, message: str | None, status: int | None = None, error_type: str | None = None
    ) -> None:
        super().__init__(message)
        self.response_type, self.message, self.status, self.error_type = response_type, message, status, error_type


def too_long() -> GatewayError:
    """A request larger than API Gateway, or its function, accepts."""
    return GatewayError("REQUEST_TOO_LARGE", "Request Too Long", 413, "RequestEntityTooLargeException")


def raise_for(error: Any) -> None:
    """Raise the result of one of MiniStack's checks, if it is an error."""
    if error is not None:
        raise GatewayError(error.response_type, error.message, error_type=error.error_type)


def rendered(error: GatewayError, call: Call) -> Response:
    """The response: its template and headers are those of the stage's deployment."""
    request = {
        "api_id": call.api_id,
        "stage_name": call.stage_name,
        "stage": call.stage,
        "headers": call.headers,
        "query_params": call.query,
        "path_params": call.path_parameters,
        "resource_path": call.resource.get("path", ""),
        "request_id": call.request_id,
    }
    raw = upstream._GatewayError(error.response_type, error.message, error.error_type)
    status, headers, body = upstream._gateway_error_response(raw, request)
    return _status(error, call, status), headers, body


def _status(error: GatewayError, call: Call, rendered_status: int) -> int:
    """A customized response's own status, or the documented one."""
    if error.status is None or _is_customized(error, call):
        return rendered_status
    return error.status


def _is_customized(error: GatewayError, call: Call) -> bool:
    by_deployment = upstream._deployed_gateway_responses.get(call.api_id, {})
    customized = by_deployment.get(call.stage.get("deploymentId")) or {}
    return bool((customized.get(error.response_type) or {}).get("statusCode"))
