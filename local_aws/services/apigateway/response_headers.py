"""What API Gateway does to a response's headers, and its compression.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html (REST APIs, header table)
"""

from local_aws.services.apigateway.media import compress
from local_aws.services.apigateway.request import Call, Json

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


def finished(headers: Json, body: bytes, call: Call, minimum_compression_size: int | None) -> tuple[Json, bytes]:
    """The response as it leaves: names remapped, ids added, compressed, without a body for HEAD."""
    made: Json = {}
    # A gateway response is the one way to send WWW-Authenticate: what an integration answers is remapped.
    is_own = bool(call.error_type)
    for name, value in headers.items():
        lower = name.lower()
        if lower not in _DROPPED:
            made[f"x-amzn-Remapped-{name}" if lower in _REMAPPED and not is_own else name] = value
    made["x-amzn-requestid"] = call.request_id
    made["x-amz-apigw-id"] = call.extended_request_id
    if call.integration_ended:
        made.setdefault("X-Amzn-Trace-Id", call.trace_id)
    made, body = compress(made, body, call.headers.get("accept-encoding", ""), minimum_compression_size)
    if call.http_method == "HEAD":
        return {**made, "Content-Length": str(len(body))}, b""
    return made, body
