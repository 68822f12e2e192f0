"""Adds CORS headers to the refusals that answer a request in front of its service.

AWS: S3 adds the headers of the bucket's CORS rules to every answer to a request with an Origin that a rule allows, also
to an error (https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html). The other services allow every origin.
A page needs the headers to read why a request was refused.
Lacking here: MiniStack adds them after the service has answered, so a refusal by IAM, of a signature or by a fault rule
has none.
"""

from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core.router import detect_service
from ministack.services import s3

from local_aws.hooks import wraps

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ANY_ORIGIN = {_ALLOW_ORIGIN: "*", "Access-Control-Expose-Headers": "*"}


@wraps("ministack.app:_dispatch_service_request")
async def _with_cors(
    dispatch: Callable[..., Any],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, Any],
    request_id: str,
) -> Any:
    status, answer_headers, content = await dispatch(method, path, headers, body, query_params, request_id)
    if "origin" in headers and _ALLOW_ORIGIN not in answer_headers:
        service = detect_service(method, path, headers, app._routing_params(method, path, headers, body, query_params))
        cors = _s3_headers(method, path, headers) if service == "s3" else _ANY_ORIGIN
        answer_headers = {**answer_headers, **cors}
    return status, answer_headers, content


def _s3_headers(method: str, path: str, headers: dict[str, str]) -> dict[str, str]:
    """The headers of the bucket's rule for the request's origin; none if no rule allows it."""
    target = app._s3_cors_target(headers.get("host", ""), path)
    return dict(s3.cors_response_headers(target[0], method, headers)) if target else {}
