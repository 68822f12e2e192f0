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
from common.http.problems import CONTENT_TYPE, UNAVAILABLE, FieldError, ProblemDocument, ProblemType
from contract import headers
from contract.gateway_responses import ANY_OPERATION, EXTENSION, gateway_responses
from contract.schemas import Schema, Schemas, parameters

Json = dict[str, Any]

_DESCRIPTION = """\
Send the user's Cognito ID token as `Authorization: Bearer TOKEN`, and bodies as JSON.

Every error response is a problem document (RFC 9457). Its `type` identifies the problem, and its `errors` name the
fields, parameters or headers that are not valid. Fields and parameters that are not listed here are refused, unless an
operation says that it ignores them.

A body is UTF-8. The character U+FFFD stands for bytes that are not, so a body that has it is refused; send it as the
escape `\\ufffd` if you mean it.

Lists have pages. While there can be more items, the response has a `Link` header with `rel="next"`. Use its address
unchanged: the cursor in it is valid only for the same user and the same filters.

When you send a response's `ETag` in `If-None-Match`, the response is 304 if nothing has changed. When you send it in
`If-Match`, a change is made only if the resource has not changed."""

_DESCRIPTIONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No content",
    301: "Moved permanently",
    304: "Not modified",
}
_PAGE = {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>"}}
_CSV = {"text/csv": {"schema": {"type": "string"}, "example": '"name","number"\r\n"a","1"\r\n'}}
OTHER_PARAMETERS = "Parameters that are not listed here are ignored."
_REQUEST_ID = "0f2c1d3e-4b5a-6978-8796-a5b4c3d2e1f0"


def document(api: Api, local_url: str) -> Json:
    """Describe an API; `local_url` is its address when it runs on the reader's machine."""
    schemas = Schemas(dict.fromkeys([ProblemDocument, *_types(api.operations)]))
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
    requests = [operation.body for operation in operations]
    responses = [spec.body for operation in operations for spec in operation.returns.values()]
    return [body for body in (*requests, *responses) if body is not None]


class _Writer:
    """Writes operations, and collects the responses that they share."""

    def __init__(self, schemas: Schemas, *, pages: bool) -> None:
        """With `pages`, problems have an HTML page for browsers too."""
        self._schemas = schemas
        self._pages = _PAGE if pages else {}
        self.responses: dict[str, Json] = {}

    def operation(self, operation: Operation) -> Json:
        """Write one operation."""
        listed_parameters = [*_path(operation), *_query(operation), *_headers(operation)]
        return {
            "operationId": operation.view.__name__,
            "summary": operation.summary,
            "description": _described(operation),
            **({"security": []} if operation.public else {}),
            **({"parameters": listed_parameters} if listed_parameters else {}),
            **self._request_body(operation),
            "responses": {
                **{str(status): self._response(status, spec) for status, spec in operation.returns.items()},
                **self._problems((*operation.problems, *ANY_OPERATION)),
            },
        }

    def _request_body(self, operation: Operation) -> Json:
        if not operation.body:
            return {}
        content = self._json(operation.body, is_request=True)
        form = {FORM: content["application/json"]} if operation.form else {}
        return {"requestBody": {"required": True, "content": {**content, **form}}}

    def _response(self, status: int, spec: ResponseSpec) -> Json:
        return {
            "description": _DESCRIPTIONS[status],
            **_header_references(spec.headers),
            **({"content": self._content(spec)} if spec.body or spec.html else {}),
        }

    def _content(self, spec: ResponseSpec) -> Json:
        other = {**(_PAGE if spec.html else {}), **(_CSV if spec.csv else {})}
        return {**(self._json(spec.body) if spec.body else {}), **other}

    def _json(self, body: Any, *, is_request: bool = False) -> Json:
        schema = self._schemas.of(body)
        if body is ProblemDocument:
            return {CONTENT_TYPE: {"schema": schema, "example": _example(UNAVAILABLE)}}
        example = self._schemas.example(schema, str(body), is_request=is_request)
        return {"application/json": {"schema": schema, "example": example}}

    def _problems(self, problems: Iterable[ProblemType]) -> Json:
        """Write the problem responses by status; equal responses of several operations are one component."""
        references: Json = {}
        unique = {(problem.status, problem.name): problem for problem in problems}.values()
        by_status = groupby(sorted(unique, key=lambda problem: problem.status), lambda problem: problem.status)
        for status, of_status in by_status:
            group = list(of_status)
            name = "Or".join(_capitalized(problem.name) for problem in group) + str(status)
            self.responses[name] = {
                "description": ", or: ".join(problem.title for problem in group),
                **_header_references(headers.OF_PROBLEMS.get(status, ())),
                "content": {
                    CONTENT_TYPE: {
                        "schema": self._schemas.of(ProblemDocument),
                        "examples": {problem.name: {"value": _example(problem)} for problem in group},
                    },
                    **self._pages,
                },
            }
            references[str(status)] = {"$ref": f"#/components/responses/{name}"}
        return references


def _described(operation: Operation) -> str:
    text = inspect.cleandoc(operation.view.__doc__ or "")
    return f"{text}\n\n{OTHER_PARAMETERS}" if operation.ignores_unknown_parameters else text


def _capitalized(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _path(operation: Operation) -> list[Json]:
    hints = get_type_hints(operation.view, include_extras=True)
    names = re.findall(r"{(\w+)}", operation.path)
    return [_parameter(name, "path", Schemas([hints[name]]).of(hints[name]), required=True) for name in names]


def _query(operation: Operation) -> list[Json]:
    if operation.query is None:
        return []
    required = {field.encode_name for field in msgspec.structs.fields(operation.query) if field.required}
    schemas = parameters(operation.query)
    return [_parameter(name, "query", schema, required=name in required) for name, schema in schemas.items()]


def _headers(operation: Operation) -> list[Json]:
    types = {name: headers.REQUEST[name] for name in operation.headers}
    return [_parameter(name, "header", Schemas([value]).of(value)) for name, value in types.items()]


def _parameter(name: str, location: str, schema: Schema, *, required: bool = False) -> Json:
    description = {key: value for key, value in schema.items() if key == "description"}
    without_description = {key: value for key, value in schema.items() if key != "description"}
    return {"name": name, "in": location, "required": required, **description, "schema": without_description}


def _header_references(names: Iterable[str]) -> Json:
    references = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {"headers": references} if references else {}


def _example(problem: ProblemType) -> Json:
    errors = [FieldError("limit", "must be a whole number, 1 or more")] if problem.name.startswith("invalid-") else []
    body = ProblemDocument(problem.type, problem.title, problem.status, errors=errors, request_id=_REQUEST_ID)
    return dict(msgspec.to_builtins(body))
