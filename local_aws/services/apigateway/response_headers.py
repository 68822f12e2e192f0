"""Remaps a response's headers and compresses its body, as API Gateway does.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html (REST APIs, header table)
"""

from local_aws.services.apigateway.media import compress
from local_aws.services.apigateway.request import Json, StageRequest

_REMAPPED = {
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "host",
    "max-forwards",
    "server",
    "user-agent",
    "www-authenticate",
}
_DROPPED = {"expect", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}


def finish(
    headers: Json, body: bytes, request: StageRequest, minimum_compression_size: int | None
) -> tuple[Json, bytes]:
    """Remap header names, add the request ids, compress, and remove the body of a response to HEAD."""
    final_headers: Json = {}
    # Only a gateway response can send WWW-Authenticate; the header of an integration is remapped.
    is_gateway_response = bool(request.error_type)
    for name, value in headers.items():
        lower = name.lower()
        if lower not in _DROPPED:
            final_headers[f"x-amzn-Remapped-{name}" if lower in _REMAPPED and not is_gateway_response else name] = value
    final_headers["x-amzn-requestid"] = request.request_id
    final_headers["x-amz-apigw-id"] = request.extended_request_id
    if request.integration_ended:
        final_headers.setdefault("X-Amzn-Trace-Id", request.trace_id)
    final_headers, body = compress(
        final_headers, body, request.headers.get("accept-encoding", ""), minimum_compression_size
    )
    if request.http_method == "HEAD":
        return {**final_headers, "Content-Length": str(len(body))}, b""
    return final_headers, body
