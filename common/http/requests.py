"""Requests, validated by what their routes declare."""

from typing import Any

import msgspec
from chalice.app import Request

from common.http import bodies, forms, queries
from common.http.operations import NoQuery, Operation
from common.http.principals import Principal, principal
from common.http.problems import Problem


class ApiRequest(msgspec.Struct, frozen=True):
    """A request whose token, query and body are validated."""

    raw: Request
    request_id: str
    principal: Principal | None = None

    @property
    def owner(self) -> str:
        """The caller's `sub`; the request may see and change this user's data only."""
        return self.caller.sub

    @property
    def caller(self) -> Principal:
        """The signed-in user; a public route has none."""
        if self.principal is None:
            raise LookupError("a public route has no caller")
        return self.principal

    def header(self, name: str) -> str | None:
        """Return a request header's value."""
        value: str | None = self.raw.headers.get(name)
        return value


def validate(operation: Operation, request: Request, request_id: str) -> tuple[ApiRequest, dict[str, Any]]:
    """Return the validated request, and its `query` and `body` if the operation declares them.

    Raises
    ------
    Problem
        4xx: the request is not valid; the problem says why.
    """
    event = request.to_original_event()
    caller = None if operation.public else principal(event)
    if operation.group and (caller is None or operation.group not in caller.groups):
        raise Problem(operation.refusal, f"Only members of the group {operation.group} may send this request.")
    arguments: dict[str, Any] = {}
    query = queries.decode(
        event["multiValueQueryStringParameters"] or {},
        operation.query or NoQuery,
        ignore_unknown=operation.ignores_unknown_parameters,
    )
    if operation.query:
        arguments["query"] = query
    if operation.body:
        content_type = request.headers.get("content-type")
        if operation.form and forms.is_form(content_type):
            arguments["body"] = forms.decode(request.raw_body, operation.body)
        else:
            arguments["body"] = bodies.decode(request.raw_body, content_type, operation.body)
    return ApiRequest(request, request_id, caller), arguments
