"""The headers that operations can declare, as their validators define them."""

from typing import Any

from common.http import etags, idempotency
from contract.schemas import Schema

REQUEST: dict[str, Any] = {
    "If-Match": etags.EntityTags,
    "If-None-Match": etags.EntityTags,
    idempotency.HEADER: idempotency.Key,
}

_TEXT: Schema = {"type": "string"}

# A required header is in every response for which an operation declares it.
RESPONSE: dict[str, Schema] = {
    "ETag": {
        "description": "The version of the resource, for If-None-Match and If-Match.",
        "required": True,
        "schema": {**_TEXT, "examples": ['"1.3"']},
    },
    "Link": {
        "description": 'RFC 8288: `rel="next"` is the address of the next page. The last page has none.',
        "schema": {**_TEXT, "examples": ['<https://todo.example/api/todos?cursor=c2lnbmF0dXJl>; rel="next"']},
    },
    "Location": {
        "description": "The address of the resource.",
        "required": True,
        "schema": {**_TEXT, "format": "uri"},
    },
    "Set-Cookie": {
        "description": "The cookies that the resource needs.",
        "schema": {**_TEXT, "examples": ["CloudFront-Key-Pair-Id=K2JCJMDEHXQW5F; Path=/content/; Secure; HttpOnly"]},
    },
    "WWW-Authenticate": {
        "description": "RFC 9110: how to authenticate. API Gateway renames this header in responses of functions.",
        "schema": {**_TEXT, "examples": ["Bearer"]},
    },
    "Retry-After": {
        "description": "The number of seconds to wait before sending the request again.",
        "required": True,
        "schema": {"type": "integer"},
    },
}

# The headers of every problem with a status, from a function or from API Gateway.
OF_PROBLEMS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
