"""The MOCK integration, whose response comes from templates alone, as for CORS preflight.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

import base64
import re
from collections.abc import Callable
from typing import Any

from local_aws.services.apigateway.request import Call, Json, Response

Render = Callable[[str, Call], str]
_STATUS = re.compile(r'"statusCode"\s*:\s*"?(\d{3})\b')


class NoTemplate(Exception):
    """The integration has no template for the request's content type."""


class Misconfigured(Exception):
    """The integration cannot answer: no status, or no response for it."""


def answer(integration: Json, call: Call, render: Render) -> Response:
    """The response that the templates produce.

    Raises
    ------
    NoTemplate
        `passthroughBehavior` refuses the content type.
    Misconfigured
        The integration has no status, or no response for it.
    """
    status = _STATUS.search(_request(integration, call, render))
    if status is None:
        raise Misconfigured("the request template gives no statusCode")
    selected = _selected(integration.get("integrationResponses") or {}, status[1])
    template = _for_media_type(selected.get("responseTemplates") or {}, call.headers.get("accept", ""))
    content_type, body = template or ("application/json", "")
    content = render(body, call).encode()
    if selected.get("contentHandling") == "CONVERT_TO_BINARY":
        content = base64.b64decode(content)
    return int(selected["statusCode"]), {"Content-Type": content_type, **_mapped(selected)}, content


def _request(integration: Json, call: Call, render: Render) -> str:
    templates = integration.get("requestTemplates") or {}
    kind = (call.headers.get("content-type") or "application/json").partition(";")[0].strip().lower()
    for media_type, template in templates.items():
        if media_type.lower() == kind:
            return render(template, call)
    behavior = integration.get("passthroughBehavior") or "WHEN_NO_MATCH"
    if behavior == "NEVER" or (behavior == "WHEN_NO_TEMPLATES" and templates):
        raise NoTemplate
    return call.body.decode("utf-8", "replace")


def _selected(responses: Json, status: str) -> Json:
    default = None
    for each in responses.values():
        pattern = each.get("selectionPattern")
        if not pattern:
            default = each
        elif re.fullmatch(pattern, status):
            found: Json = each
            return found
    if default is None:
        raise Misconfigured(f"no integration response for status {status}")
    chosen: Json = default
    return chosen


def _for_media_type(templates: dict[str, str], accept: str) -> tuple[str, str] | None:
    wanted = [each.partition(";")[0].strip().lower() for each in accept.split(",")]
    for kind in (*wanted, "application/json"):
        if kind in templates:
            return kind, templates[kind]
    return next(iter(templates.items()), None)


def _mapped(selected: Json) -> dict[str, Any]:
    """Static response headers. A mock has no integration response to map others from."""
    prefix = "method.response.header."
    return {
        name.removeprefix(prefix): value[1:-1]
        for name, value in (selected.get("responseParameters") or {}).items()
        if name.startswith(prefix) and len(value) > 1 and value[0] == value[-1] == "'"
    }
