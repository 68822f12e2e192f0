"""Answers for MOCK integrations, whose responses come from templates, as for CORS preflight.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

import base64
import re
from collections.abc import Callable
from typing import Any

from local_aws.services.apigateway.request import Json, Response, StageRequest

Render = Callable[[str, StageRequest], str]
_STATUS = re.compile(r'"statusCode"\s*:\s*"?(\d{3})\b')


class NoTemplate(Exception):
    """The integration has no template for the request's content type."""


class Misconfigured(Exception):
    """The integration has no status, or no response for that status."""


def answer(integration: Json, request: StageRequest, render: Render) -> Response:
    """Answer with the response that the templates produce.

    Raises
    ------
    NoTemplate
        `passthroughBehavior` does not allow the content type.
    Misconfigured
        The integration has no status, or no response for that status.
    """
    status = _STATUS.search(_request(integration, request, render))
    if status is None:
        raise Misconfigured("the request template has no statusCode")
    selected = _select_response(integration.get("integrationResponses") or {}, status[1])
    template = _select_template(selected.get("responseTemplates") or {}, request.headers.get("accept", ""))
    content_type, body = template or ("application/json", "")
    content = render(body, request).encode()
    if selected.get("contentHandling") == "CONVERT_TO_BINARY":
        content = base64.b64decode(content)
    return int(selected["statusCode"]), {"Content-Type": content_type, **_static_headers(selected)}, content


def _request(integration: Json, request: StageRequest, render: Render) -> str:
    templates = integration.get("requestTemplates") or {}
    content_type = (request.headers.get("content-type") or "application/json").partition(";")[0].strip().lower()
    for media_type, template in templates.items():
        if media_type.lower() == content_type:
            return render(template, request)
    behavior = integration.get("passthroughBehavior") or "WHEN_NO_MATCH"
    if behavior == "NEVER" or (behavior == "WHEN_NO_TEMPLATES" and templates):
        raise NoTemplate
    return request.body.decode("utf-8", "replace")


def _select_response(responses: Json, status: str) -> Json:
    default = None
    for response in responses.values():
        pattern = response.get("selectionPattern")
        if not pattern:
            default = response
        elif re.fullmatch(pattern, status):
            match: Json = response
            return match
    if default is None:
        raise Misconfigured(f"no integration response for status {status}")
    result: Json = default
    return result


def _select_template(templates: dict[str, str], accept: str) -> tuple[str, str] | None:
    accepted_types = [item.partition(";")[0].strip().lower() for item in accept.split(",")]
    for media_type in (*accepted_types, "application/json"):
        if media_type in templates:
            return media_type, templates[media_type]
    return next(iter(templates.items()), None)


def _static_headers(selected: Json) -> dict[str, Any]:
    """The static response headers. A mock has no integration response from which others could be mapped."""
    prefix = "method.response.header."
    return {
        name.removeprefix(prefix): value[1:-1]
        for name, value in (selected.get("responseParameters") or {}).items()
        if name.startswith(prefix) and len(value) > 1 and value[0] == value[-1] == "'"
    }
