"""The OpenAPI document of an API."""

import inspect
import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any, get_type_hints

import msgspec

from common.http.api import Api
from common.http.forms import MEDIA_TYPE as FORM
from common.http.operations import Operation, ResponseSpec
from common.http.problems import CONTENT_TYPE, FieldError, ProblemDocument, ProblemType
from contract import headers
from contract.gateway_responses import ANY_OPERATION, EXTENSION, gateway_responses
from contract.schemas import Schema, Schemas, parameters

Json = dict[str, Any]

_DESCRIPTION = """\
Send the user's Cognito ID token as `Authorization: Bearer TOKEN`, and bodies as JSON.

Every error response is a problem document (RFC 9457). Its `type` identifies the problem, and its `errors` name the
fields, parameters or headers that are not valid. Fields and parameters that are not listed here are refused.

Lists have pages. While there can be more items, the response has a `Link` header with `rel="next"`. Use its address
unchanged: the cursor in it is valid only for the same user and the same filters.

When you send a response's `ETag` in `If-None-Match`, the response is 304 if nothing has changed. When you send it in
`If-Match`, a change is made only if the resource has not changed."""

_EMPTY = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No content",
    301: "Moved permanently",
    304: "Not modified",
}
_PAGE = {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>"}}
_REQUEST_ID = "0f2c1d3e-4b5a-6978-8796-a5b4c3d2e1f0"


def document(api: Api, local_url: str) -> Json:
    """Describe an API; `local_url` is where it is when it runs on the reader's machine."""
    schemas = Schemas([ProblemDocument, *_types(api.operations)])
    writer = _Writer(schemas, pages=api.problem_page is not None)
    paths: dict[str, Json] = {}
    for operation in api.operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = writer.operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": api.title, "version": "1", "description": _DESCRIPTION},
        "servers": [
            {
                "url": "{api_url}",
                "variables": {"api_url": {"default": local_url, "description": "`api_url` of `make outputs`"}},
            }
        ],
        "security": [{"idToken": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": dict(sorted(writer.responses.items())),
            "headers": headers.RESPONSE,
            "securitySchemes": {
                "idToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The ID token that the Cognito user pool issues at sign-in.",
                }
            },
        },
        EXTENSION: gateway_responses(),
    }


def _types(operations: Iterable[Operation]) -> list[Any]:
    bodies = [operation.body for operation in operations]
    answers = [answer.body for operation in operations for answer in operation.returns.values()]
    return [kind for kind in (*bodies, *answers) if kind is not None]


class _Writer:
    """Writes operations, and collects the responses that they share."""

    def __init__(self, schemas: Schemas, *, pages: bool) -> None:
        """Browsers get problems as `pages`, or they do not."""
        self._schemas = schemas
        self._pages = _PAGE if pages else {}
        self.responses: dict[str, Json] = {}

    def operation(self, operation: Operation) -> Json:
        """Write one operation."""
        listed = [*_path(operation), *_query(operation), *_headers(operation)]
        return {
            "operationId": operation.view.__name__,
            "summary": operation.summary,
            "description": inspect.cleandoc(operation.view.__doc__ or ""),
            **({"security": []} if operation.public else {}),
            **({"parameters": listed} if listed else {}),
            **({"requestBody": {"required": True, "content": self._sent(operation)}} if operation.body else {}),
            "responses": {
                **{str(status): self._answer(status, answer) for status, answer in operation.returns.items()},
                **self._problems((*operation.problems, *ANY_OPERATION)),
            },
        }

    def _sent(self, operation: Operation) -> Json:
        content = self._json(operation.body, sent=True)
        return {**content, **({FORM: content["application/json"]} if operation.form else {})}

    def _answer(self, status: int, answer: ResponseSpec) -> Json:
        return {
            "description": _EMPTY[status],
            **_named_headers(answer.headers),
            **({"content": self._content(answer)} if answer.body or answer.html else {}),
        }

    def _content(self, answer: ResponseSpec) -> Json:
        return {**(self._json(answer.body) if answer.body else {}), **(_PAGE if answer.html else {})}

    def _json(self, kind: Any, *, sent: bool = False) -> Json:
        schema = self._schemas.of(kind)
        return {"application/json": {"schema": schema, "example": self._schemas.example(schema, str(kind), sent=sent)}}

    def _problems(self, kinds: Iterable[ProblemType]) -> Json:
        """Write what can go wrong, by status; equal answers of several operations are one component."""
        written: Json = {}
        different = {(kind.status, kind.name): kind for kind in kinds}.values()
        for status, same in groupby(sorted(different, key=lambda kind: kind.status), lambda kind: kind.status):
            group = list(same)
            name = "Or".join(_capitalized(kind.name) for kind in group) + str(status)
            self.responses[name] = {
                "description": ", or: ".join(kind.title for kind in group),
                **_named_headers(headers.OF_PROBLEMS.get(status, ())),
                "content": {
                    CONTENT_TYPE: {
                        "schema": self._schemas.of(ProblemDocument),
                        "examples": {kind.name: {"value": _example(kind)} for kind in group},
                    },
                    **self._pages,
                },
            }
            written[str(status)] = {"$ref": f"#/components/responses/{name}"}
        return written


def _capitalized(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _path(operation: Operation) -> list[Json]:
    hints = get_type_hints(operation.view, include_extras=True)
    names = re.findall(r"{(\w+)}", operation.path)
    return [_parameter(name, "path", Schemas([hints[name]]).of(hints[name]), required=True) for name in names]


def _query(operation: Operation) -> list[Json]:
    if operation.query is None:
        return []
    required = {field.encode_name for field in msgspec.structs.fields(operation.query) if field.required}
    listed = parameters(operation.query).items()
    return [_parameter(name, "query", schema, required=name in required) for name, schema in listed]


def _headers(operation: Operation) -> list[Json]:
    kinds = {name: headers.REQUEST[name] for name in operation.headers}
    return [_parameter(name, "header", Schemas([kind]).of(kind)) for name, kind in kinds.items()]


def _parameter(name: str, where: str, schema: Schema, *, required: bool = False) -> Json:
    kept = {key: value for key, value in schema.items() if key != "description"}
    described = {"description": schema["description"]} if "description" in schema else {}
    return {"name": name, "in": where, "required": required, **described, "schema": kept}


def _named_headers(names: Iterable[str]) -> Json:
    named = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {"headers": named} if named else {}


def _example(kind: ProblemType) -> Json:
    blamed = [FieldError("limit", "must be a whole number, 1 or more")] if kind.name.startswith("invalid-") else []
    problem = ProblemDocument(kind.type, kind.title, kind.status, errors=blamed, request_id=_REQUEST_ID)
    return dict(msgspec.to_builtins(problem))
