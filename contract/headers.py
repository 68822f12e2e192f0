"""The headers that operations may name, as their validators define them."""

from typing import Any

from common.http import etags, idempotency
from contract.schemas import Schema

REQUEST: dict[str, Any] = {
    "If-Match": etags.EntityTags,
    "If-None-Match": etags.EntityTags,
    idempotency.HEADER: idempotency.Key,
}

_TEXT: Schema = {"type": "string"}

# Those that are required stand in every answer whose operation names them.
RESPONSE: dict[str, Schema] = {
    "ETag": {
        "description": "For If-None-Match and If-Match.",
        "required": True,
        "schema": {**_TEXT, "examples": ['"1.3"']},
    },
    "Link": {
        "description": 'RFC 8288: `rel="next"` is the next page; on the last page there is none.',
        "schema": {**_TEXT, "examples": ['<https://todo.example/api/todos?cursor=c2lnbmF0dXJl>; rel="next"']},
    },
    "Location": {
        "description": "Where what was made is.",
        "required": True,
        "schema": {**_TEXT, "format": "uri"},
    },
    "WWW-Authenticate": {
        "description": "RFC 9110: how to authenticate. API Gateway renames it in what a function answers.",
        "schema": {**_TEXT, "examples": ["Bearer"]},
    },
    "Retry-After": {
        "description": "Seconds after which to send the request again.",
        "required": True,
        "schema": {"type": "integer"},
    },
}

# What comes with every problem of a status, whoever answers it.
OF_PROBLEMS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
