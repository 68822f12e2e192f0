"""The errors that API Gateway generates, rendered through the API's gateway responses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from typing import Any

from ministack.services import apigateway_v1 as upstream

from local_aws.services.apigateway.request import Response, StageRequest


class GatewayError(Exception):
    """An error of one of the documented gateway response types.

    `status` is the documented status if the type does not determine it.
    """

    def __init__(
        self, response_type: str, message: str | None, status: int | None = None, error_type: str | None = None
    ) -> None:
        super().__init__(message)
        self.response_type, self.message, self.status, self.error_type = response_type, message, status, error_type


def request_too_long() -> GatewayError:
    """The error for a request that is larger than API Gateway or the function accepts."""
    return GatewayError("REQUEST_TOO_LARGE", "Request Too Long", 413, "RequestEntityTooLargeException")


def raise_for(error: Any) -> None:
    """Raise the result of one of MiniStack's checks if it is an error."""
    if error is not None:
        raise GatewayError(error.response_type, error.message, error_type=error.error_type)


def gateway_response(error: GatewayError, request: StageRequest) -> Response:
    """Render an error with the template and headers of the stage's deployment."""
    context = {
        "api_id": request.api_id,
        "stage_name": request.stage_name,
        "stage": request.stage,
        "headers": request.headers,
        "query_params": request.query,
        "path_params": request.path_parameters,
        "resource_path": request.resource.get("path", ""),
        "request_id": request.request_id,
    }
    raw = upstream._GatewayError(error.response_type, error.message, error.error_type)
    status, headers, body = upstream._gateway_error_response(raw, context)
    return _status(error, request, status), headers, body


def _status(error: GatewayError, request: StageRequest, rendered_status: int) -> int:
    """The status of a customized gateway response, or the documented status."""
    if error.status is None or _is_customized(error, request):
        return rendered_status
    return error.status


def _is_customized(error: GatewayError, request: StageRequest) -> bool:
    by_deployment = upstream._deployed_gateway_responses.get(request.api_id, {})
    customized = by_deployment.get(request.stage.get("deploymentId")) or {}
    return bool((customized.get(error.response_type) or {}).get("statusCode"))
