"""Reads an OpenAPI document with API Gateway extensions as an API definition.

Swagger 2.0 in JSON, as ImportRestApi and PutRestApi accept it:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from local_aws.services.apigateway.openapi import schemas
from local_aws.services.apigateway.openapi.document import api_settings, parse
from local_aws.services.apigateway.openapi.integration import InvalidDefinition, integration
from local_aws.services.apigateway.openapi.security import Authorizer, Security, authorizers, method_security

Json = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")
_PATH_PART = re.compile(r"[A-Za-z0-9._~:@$!&'()*+,;=%-]+|\{[A-Za-z0-9._:-]+\+?\}")
_LOCATIONS = {"header": "header", "query": "querystring", "path": "path"}


@dataclass(frozen=True)
class Method:
    """One method of an API: the input of PutMethod, PutMethodResponse and PutIntegration."""

    path: str
    http_method: str
    security: Security
    settings: Json
    responses: dict[str, Json]
    integration: Json | None


@dataclass(frozen=True)
class Definition:
    """The API that one document defines."""

    settings: Json
    authorizers: list[Authorizer] = field(default_factory=list)
    models: dict[str, Json] = field(default_factory=dict)
    gateway_responses: dict[str, Json] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)


def read(body: bytes) -> Definition:
    """Read the API that a document defines.

    Raises
    ------
    InvalidDefinition
        The document cannot be imported; the text says why.
    """
    document = parse(body)
    _refuse_validators(document)
    definition = Definition(
        settings=api_settings(document),
        authorizers=authorizers(document.get("securityDefinitions") or {}),
        models=schemas.models(document),
        gateway_responses=dict(document.get("x-amazon-apigateway-gateway-responses") or {}),
    )
    for path, item in _paths(document):
        definition.paths.append(_check_path(path))
        definition.methods.extend(_methods(document, definition, path, item))
    return definition


def _refuse_validators(node: Json) -> None:
    if any(key.startswith("x-amazon-apigateway-request-validator") for key in node):
        raise InvalidDefinition("The embedded AWS does not support request validators.")


def _paths(document: Json) -> Iterator[tuple[str, Json]]:
    for path, item in document["paths"].items():
        if path.startswith("x-"):
            continue
        if not isinstance(item, dict):
            raise InvalidDefinition(f"Invalid path '{path}': it must be an object.")
        yield path, item


def _check_path(path: str) -> str:
    if not path.startswith("/"):
        raise InvalidDefinition(f"Invalid path '{path}': it must start with a slash.")
    parts = [part for part in path.split("/") if part]
    for index, part in enumerate(parts):
        if not _PATH_PART.fullmatch(part):
            raise InvalidDefinition(f"Invalid path '{path}': '{part}' is neither a name nor a path variable in braces.")
        if part.endswith("+}") and index + 1 < len(parts):
            raise InvalidDefinition(f"Invalid path '{path}': a greedy path variable must be its last part.")
    return path


def _methods(document: Json, definition: Definition, path: str, item: Json) -> Iterator[Method]:
    for verb in _METHODS:
        if verb not in item:
            continue
        operation = item[verb] or {}
        _refuse_validators(operation)
        name = "ANY" if verb.startswith("x-") else verb.upper()
        where = f"method '{name}' on resource at path '{path}'"
        parameters = [
            schemas.without_reference(each) for each in _path_and_operation_items(item, operation, "parameters")
        ]
        security = operation.get("security", document.get("security"))
        yield Method(
            path=path,
            http_method=name,
            security=method_security(where, security, definition.authorizers),
            settings=_method_settings(document, definition, operation, parameters),
            responses=_method_responses(document, definition, operation),
            integration=integration(where, operation.get("x-amazon-apigateway-integration")),
        )


def _path_and_operation_items(item: Json, operation: Json, name: str) -> list[Json]:
    return [*(item.get(name) or []), *(operation.get(name) or [])]


def _method_settings(document: Json, definition: Definition, operation: Json, parameters: list[Json]) -> Json:
    required = {
        f"method.request.{_LOCATIONS[each['in']]}.{each['name']}": bool(each.get("required"))
        for each in parameters
        if each.get("in") in _LOCATIONS
    }
    bodies = {
        media_type: schemas.model_name(definition.models, each["schema"])
        for each in parameters
        if each.get("in") == "body" and "schema" in each
        for media_type in operation.get("consumes") or document.get("consumes") or ["application/json"]
    }
    return {
        "operationName": operation.get("operationId") or "",
        "requestParameters": required,
        "requestModels": bodies,
    }


def _method_responses(document: Json, definition: Definition, operation: Json) -> dict[str, Json]:
    produces = operation.get("produces") or document.get("produces") or ["application/json"]
    responses: dict[str, Json] = {}
    for status, response in (operation.get("responses") or {}).items():
        # API Gateway identifies responses by their status, which `default` does not have.
        if not re.fullmatch(r"[1-5]\d\d", str(status)):
            continue
        response = schemas.without_reference(response or {})
        schema = response.get("schema")
        model = schemas.model_name(definition.models, schema) if schema else None
        responses[str(status)] = {
            "responseParameters": {f"method.response.header.{name}": False for name in response.get("headers") or {}},
            "responseModels": dict.fromkeys(produces, model) if model else {},
        }
    return responses
