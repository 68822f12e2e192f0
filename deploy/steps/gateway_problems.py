"""What API Gateway answers by itself, as RFC 9457 problems like the functions' own.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

import json

from deploy.settings import GatewayResponse

# Chalice's views answer with these; so must API Gateway's own answers, or a browser hides the error from the page.
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "*",
    "Cache-Control": "no-store",
    "Content-Type": "application/problem+json",
}
_TYPE_PREFIX = "tag:quartet.example,2026:"


def _problem(status: int, name: str, title: str, **headers: str) -> GatewayResponse:
    fields = {"type": _TYPE_PREFIX + name, "title": title, "status": status, "requestId": "$context.requestId"}
    sent = {header.replace("_", "-"): value for header, value in headers.items()}
    return GatewayResponse(status=str(status), headers={**_HEADERS, **sent}, template=json.dumps(fields))


_UNAUTHENTICATED = _problem(401, "unauthenticated", "A valid ID token is required", WWW_Authenticate="Bearer")
_THROTTLED = _problem(429, "throttled", "Too many requests", Retry_After="1")
_TIMEOUT = _problem(504, "timeout", "It took too long")
# Of types without an entry below: a template is not told their status. `messageString` brings its own quotes.
_OTHER_REFUSAL = GatewayResponse(
    headers=_HEADERS,
    template='{"type": "about:blank", "title": $context.error.messageString, "requestId": "$context.requestId"}',
)
_OTHER_FAILURE = GatewayResponse(
    headers=_HEADERS,
    template=f'{{"type": "{_TYPE_PREFIX}internal-error", "title": "Something went wrong here", '
    '"requestId": "$context.requestId"}',
)

RESPONSES = {
    "DEFAULT_4XX": _OTHER_REFUSAL,
    "DEFAULT_5XX": _OTHER_FAILURE,
    "UNAUTHORIZED": _UNAUTHENTICATED,
    "EXPIRED_TOKEN": _UNAUTHENTICATED,
    "ACCESS_DENIED": _problem(403, "forbidden", "This token does not allow this"),
    # Named for requests that should be signed; it is the answer to every address and method that has no route.
    "MISSING_AUTHENTICATION_TOKEN": _problem(404, "not-found", "There is nothing at this address"),
    "RESOURCE_NOT_FOUND": _problem(404, "not-found", "There is nothing at this address"),
    "REQUEST_TOO_LARGE": _problem(413, "body-too-large", "The body is too large"),
    "UNSUPPORTED_MEDIA_TYPE": _problem(415, "unsupported-media-type", "The body must be JSON"),
    "THROTTLED": _THROTTLED,
    "QUOTA_EXCEEDED": _THROTTLED,
    "INTEGRATION_FAILURE": _TIMEOUT,
    "INTEGRATION_TIMEOUT": _TIMEOUT,
}
