"""Stores an API definition in MiniStack: checks the whole definition, then applies it."""

import json
import re
from typing import Any

from ministack.services import apigateway_v1 as upstream

from local_aws.services.apigateway.openapi.definition import Definition, Method
from local_aws.services.apigateway.openapi.integration import InvalidDefinition


def check(definition: Definition, kept_paths: set[str]) -> None:
    """Check the paths (together with `kept_paths`) and the gateway responses, before anything is changed."""
    _check_siblings(definition, kept_paths)
    for response_type, each in definition.gateway_responses.items():
        if response_type not in upstream._GATEWAY_RESPONSE_TYPES:
            raise InvalidDefinition(f"Invalid gateway response type: {response_type}")
        if not re.fullmatch(r"[1-5]\d\d", str(each.get("statusCode", "400"))):
            raise InvalidDefinition(f"Invalid status code specified for gateway response {response_type}")


def clear(api_id: str, definition: Definition) -> None:
    """Delete the parts of an API that are not in a definition. Resources and authorizers in both keep their ids."""
    defined_paths = {"/"}.union(*(_with_parents(path) for path in definition.paths))
    resources = upstream._resources[api_id]
    for resource_id, resource in list(resources.items()):
        resource["resourceMethods"] = {}
        if resource["path"] not in defined_paths:
            del resources[resource_id]
    _keep_named(upstream._authorizers_v1, api_id, {each.name for each in definition.authorizers})
    _keep_named(upstream._models, api_id, set(definition.models))
    _keep_named(upstream._request_validators, api_id, set())
    upstream._gateway_responses[api_id] = {}


def _keep_named(store: Any, api_id: str, names: set[str]) -> None:
    store[api_id] = {key: each for key, each in (store.get(api_id) or {}).items() if each["name"] in names}


def apply(api_id: str, definition: Definition) -> None:
    """Store all parts of a definition in an API."""
    for name, schema in definition.models.items():
        _put_model(api_id, name, schema)
    authorizers = {
        each.name: _put_authorizer(api_id, each.settings) for each in definition.authorizers if each.settings
    }
    for response_type, each in definition.gateway_responses.items():
        upstream._put_gateway_response(api_id, response_type, each)
    for path in definition.paths:
        _resource(api_id, path)
    for method in definition.methods:
        _put_method(api_id, method, authorizers)


def _put_model(api_id: str, name: str, schema: dict[str, Any]) -> None:
    existing = (upstream._models.get(api_id) or {}).get(name)
    upstream._create_model(api_id, {"name": name, "schema": json.dumps(schema)})
    if existing:
        upstream._models.get(api_id)[name]["id"] = existing["id"]


def _put_authorizer(api_id: str, settings: dict[str, Any]) -> str:
    _, _, body = upstream._create_authorizer(api_id, settings)
    return _replace_existing(upstream._authorizers_v1.get(api_id), json.loads(body)["id"])


def _replace_existing(entries: dict[str, dict[str, Any]], created_id: str) -> str:
    """Replace an earlier entry of the same name, and keep its id, because methods refer to it; returns the id."""
    for entry_id, entry in entries.items():
        if entry["name"] == entries[created_id]["name"] and entry_id != created_id:
            entries[entry_id] = {**entries.pop(created_id), "id": entry_id}
            return entry_id
    return created_id


def _resource(api_id: str, path: str) -> str:
    """Create the resource at a path and its parents if they do not exist; returns the resource's id."""
    by_path = {each["path"]: each["id"] for each in upstream._resources[api_id].values()}
    parent = by_path["/"]
    for each in _with_parents(path):
        if each not in by_path:
            part = each.rpartition("/")[2]
            _, _, body = upstream._create_resource(api_id, parent, {"pathPart": part})
            by_path[each] = json.loads(body)["id"]
        parent = by_path[each]
    return str(parent)


def _put_method(api_id: str, method: Method, authorizers: dict[str, str]) -> None:
    method_key = (api_id, _resource(api_id, method.path), method.http_method)
    upstream._put_method(
        *method_key,
        {
            **method.settings,
            "authorizationType": method.security.authorization_type,
            "authorizerId": authorizers.get(method.security.authorizer or ""),
            "authorizationScopes": method.security.scopes,
            "apiKeyRequired": method.security.api_key_required,
        },
    )
    for status, each in method.responses.items():
        upstream._put_method_response(*method_key, status, each)
    if method.integration:
        upstream._put_integration(*method_key, {**method.integration, "cacheNamespace": method_key[1]})
        for status, each in method.integration["integrationResponses"].items():
            upstream._put_integration_response(*method_key, status, each)


def _with_parents(path: str) -> list[str]:
    """`/a/b` -> [`/a`, `/a/b`]; empty for the root."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "/".join(parts[: end + 1]) for end in range(len(parts))]


def _check_siblings(definition: Definition, existing: set[str]) -> None:
    """AWS allows one path variable below each parent."""
    variables: dict[str, str] = {}
    for path in sorted(existing) + definition.paths:
        for each in _with_parents(path):
            parent, _, part = each.rpartition("/")
            if part.startswith("{") and variables.setdefault(parent, part) != part:
                raise InvalidDefinition(
                    f"Unable to create resource at path '{each}': A sibling ({variables[parent]}) of this resource "
                    "already has a variable path part -- only one is allowed"
                )
