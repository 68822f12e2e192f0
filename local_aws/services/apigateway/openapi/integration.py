"""Converts `x-amazon-apigateway-integration` to the input of PutIntegration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

import re
from typing import Any

Json = dict[str, Any]

_TYPES = ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK")
_PASSTHROUGH = ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")
_CONTENT_HANDLING = ("CONVERT_TO_TEXT", "CONVERT_TO_BINARY")
_MAX_TIMEOUT_MILLISECONDS = 29_000


class InvalidDefinition(Exception):
    """The definition cannot be imported; the text says why."""


def integration(where: str, source: Json | None) -> Json | None:
    """Convert one method's integration; its responses are in `integrationResponses` by status code.

    Raises
    ------
    InvalidDefinition
        A value is unknown to API Gateway, or a required one is missing.
    """
    if source is None:
        return None
    integration_type = _choice(where, source, "type", _TYPES)
    if integration_type is None:
        raise InvalidDefinition(f"Unable to put integration of {where}: its type is missing.")
    if integration_type != "MOCK" and not source.get("uri"):
        raise InvalidDefinition(f"Unable to put integration of {where}: its uri is missing.")
    if integration_type.startswith("AWS") and not source.get("httpMethod"):
        raise InvalidDefinition(f"Unable to put integration of {where}: its httpMethod is missing.")
    return {
        "type": integration_type,
        "httpMethod": source.get("httpMethod"),
        "uri": source.get("uri") or "",
        "connectionType": source.get("connectionType") or "INTERNET",
        "credentials": source.get("credentials"),
        "requestParameters": dict(source.get("requestParameters") or {}),
        "requestTemplates": dict(source.get("requestTemplates") or {}),
        "passthroughBehavior": _choice(where, source, "passthroughBehavior", _PASSTHROUGH) or "WHEN_NO_MATCH",
        "contentHandling": _choice(where, source, "contentHandling", _CONTENT_HANDLING),
        "timeoutInMillis": _timeout(where, source),
        "cacheKeyParameters": list(source.get("cacheKeyParameters") or []),
        "integrationResponses": dict(
            _response(where, pattern, response) for pattern, response in (source.get("responses") or {}).items()
        ),
    }


def _choice(where: str, source: Json, name: str, allowed: tuple[str, ...]) -> str | None:
    value = source.get(name)
    if value is None:
        return None
    if str(value).upper() not in allowed:
        raise InvalidDefinition(
            f"Unable to put integration of {where}: {name} '{value}' is not one of {', '.join(allowed)}."
        )
    return str(value).upper()


def _timeout(where: str, source: Json) -> int:
    value = source.get("timeoutInMillis", _MAX_TIMEOUT_MILLISECONDS)
    if not isinstance(value, int) or not 50 <= value <= _MAX_TIMEOUT_MILLISECONDS:
        raise InvalidDefinition(f"Unable to put integration of {where}: timeout should be between 50 ms and 29000 ms.")
    return value


def _response(where: str, pattern: str, source: Json) -> tuple[str, Json]:
    status = str(source.get("statusCode", ""))
    if not re.fullmatch(r"[1-5]\d\d", status):
        raise InvalidDefinition(
            f"Unable to put integration response '{pattern}' of {where}: invalid status code '{status}'."
        )
    return status, {
        "selectionPattern": "" if pattern == "default" else pattern,
        "responseParameters": dict(source.get("responseParameters") or {}),
        "responseTemplates": dict(source.get("responseTemplates") or {}),
        "contentHandling": _choice(where, source, "contentHandling", _CONTENT_HANDLING),
    }
