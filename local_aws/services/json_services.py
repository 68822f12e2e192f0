"""Adds services of the JSON protocol that MiniStack does not have.

MiniStack finds a service by the prefix of a request's `X-Amz-Target` header, checks the caller's IAM permission, and
calls `handle_request` of the service's module. A service here declares its operations, and the resource that IAM checks
for each; other operations of its API answer AWS's error for an unknown operation.
https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

import json
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import ministack.services
from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import error_response_json, json_response

from local_aws.hooks import wraps

Json = dict[str, Any]
_JSON_1_1 = "application/x-amz-json-1.1"


class ServiceError(Exception):
    """An error of an operation, with AWS's code; `members` are the fields that its shape has beside the message."""

    def __init__(self, code: str, message: str, **members: str) -> None:
        super().__init__(message)
        self.code, self.members = code, members


@dataclass(frozen=True)
class Request:
    """One call: the operation's input and the HTTP request, whose headers have the caller's key."""

    operation: str
    body: Json
    headers: Json = field(default_factory=dict)
    query_params: Json = field(default_factory=dict)


def _any_resource(_operation: str, _body: Json) -> str:
    return "*"


def _no_condition_keys(_operation: str, _body: Json) -> Json:
    return {}


@dataclass(frozen=True)
class JsonService:
    """A service: its operations, what IAM checks, and its state for the saved generations."""

    name: str
    target: str
    operations: Mapping[str, Callable[[Request], Json]]
    get_state: Callable[[], Json]
    load_state: Callable[[Json], None]
    reset: Callable[[], None]
    resource_arn: Callable[[str, Json], str] = _any_resource
    condition_keys: Callable[[str, Json], Json] = _no_condition_keys

    async def handle_request(
        self, _method: str, _path: str, headers: Json, body: bytes, query_params: Json
    ) -> tuple[int, Json, bytes]:
        """Run one operation."""
        operation = _operation(headers)
        try:
            handle = self.operations.get(operation)
            if handle is None:
                raise ServiceError("UnknownOperationException", f"{operation} is not supported by the embedded AWS.")
            answer = handle(Request(operation, parse(body), headers, query_params))
        except ServiceError as error:
            return _error(error)
        response: tuple[int, Json, bytes] = json_response(answer, content_type=_JSON_1_1)
        return response


_services: dict[str, JsonService] = {}


def add(service: JsonService) -> None:
    """Let MiniStack serve a service. Call this in a preparation."""
    short = service.name.replace("-", "_")
    module = types.ModuleType(f"ministack.services.{short}")
    vars(module).update(
        handle_request=service.handle_request,
        get_state=service.get_state,
        load_persisted_state=service.load_state,
        reset=service.reset,
    )
    sys.modules[module.__name__] = module
    setattr(ministack.services, short, module)
    router.SERVICE_PATTERNS[service.name] = {"target_prefixes": [f"{service.target}."]}
    app.SERVICE_REGISTRY[service.name] = {"module": short}
    app.SERVICE_HANDLERS[service.name] = service.handle_request
    app._state_map[short] = short
    iam_actions.SERVICE_TO_IAM_NAMESPACE[service.name] = service.name
    _services[service.name] = service


def parse(body: bytes) -> Json:
    """The operation's input; raises ServiceError if it is not a JSON object."""
    try:
        parsed = json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", "The request body is not JSON.") from error
    if not isinstance(parsed, dict):
        raise ServiceError("SerializationException", "The request body is not a JSON object.")
    return parsed


@wraps("ministack.core.iam_actions:extract_resource_arn")
def _resource_arn(
    arn_of: Callable[..., str], service: str, method: str, path: str, headers: Json, body: bytes, *rest: Any
) -> str:
    added = _services.get(service)
    if added is None:
        return arn_of(service, method, path, headers, body, *rest)
    try:
        return added.resource_arn(_operation(headers), parse(body))
    except ServiceError:
        # The operation answers the error.
        return "*"


@wraps("ministack.core.iam_actions:request_tag_context")
def _condition_keys(context_of: Callable[..., Json], service: str, iam_action: str, body: bytes, params: Json) -> Json:
    context = context_of(service, iam_action, body, params)
    added = _services.get(service)
    if added is None:
        return context
    try:
        return {**context, **added.condition_keys(iam_action.partition(":")[2], parse(body))}
    except ServiceError:
        return context


def _operation(headers: Mapping[str, Any]) -> str:
    return str(headers.get("x-amz-target", "")).rpartition(".")[2]


def _error(error: ServiceError) -> tuple[int, Json, bytes]:
    message_key = "Message" if error.members else "message"
    response: tuple[int, Json, bytes] = error_response_json(
        error.code, str(error), 400, dict(error.members), message_key=message_key, content_type=_JSON_1_1
    )
    return response
