"""Implements ImportRestApi and PutRestApi for the documents that Chalice writes: Swagger 2.0 in JSON.

AWS: an API is created, replaced (`mode=overwrite`) or extended (`mode=merge`) by one OpenAPI document:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
Lacking here: MiniStack has neither operation, and its reader of documents (for CloudFormation) drops
integration responses (which CORS preflight needs), templates, binary types, models and gateway responses.
Refused: OpenAPI 3.0, YAML, base paths, request validators, inline schemas, and references to anything but a model.
A refused document changes nothing. Resources and authorizers that remain keep their ids.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import apigateway_v1 as upstream

from local_aws.hooks import replaces, wraps
from local_aws.services.apigateway.openapi import definition as openapi_definition
from local_aws.services.apigateway.openapi.integration import InvalidDefinition
from local_aws.services.apigateway.openapi.store import apply, check, clear

_DEFAULTS: dict[str, Any] = {
    "binaryMediaTypes": [],
    "minimumCompressionSize": None,
    "apiKeySource": "HEADER",
    "policy": None,
}


@wraps("ministack.services.apigateway_v1:handle_request")
async def _with_imports(
    handle_request: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query_params: Any
) -> Any:
    parts = [part for part in path.split("/") if part]
    query = {name: value[0] if isinstance(value, list) else value for name, value in query_params.items()}
    try:
        if (method, parts) == ("POST", ["restapis"]) and query.get("mode") == "import":
            return _create(body, query)
        if method == "PUT" and len(parts) == 2 and parts[0] == "restapis":
            return _put(parts[1], body, query)
    except InvalidDefinition as error:
        return upstream._v1_error("BadRequestException", str(error), 400)
    return await handle_request(method, path, headers, body, query_params)


def _create(body: bytes, query: dict[str, str]) -> Any:
    definition = _read(body, query)
    types = query.get("endpointConfigurationTypes")
    api_id = _new_api(definition, {"endpointConfiguration": {"types": types.split(",")}} if types else {})
    _, headers, api = upstream._get_rest_api(api_id)
    return 201, headers, api


def _read(body: bytes, query: dict[str, str]) -> openapi_definition.Definition:
    if query.get("basepath", "ignore") != "ignore":
        raise InvalidDefinition("The embedded AWS ignores base paths: basepath must be ignore.")
    return openapi_definition.read(body)


@replaces("ministack.services.apigateway_v1:_import_rest_api")
def _import_for_cloudformation(spec: dict[str, Any], base_data: dict[str, Any] | None = None) -> str:
    """Import the body of an AWS::ApiGateway::RestApi. The template's properties override the document's."""
    properties = {name: value for name, value in (base_data or {}).items() if value not in (None, "", [])}
    return _new_api(openapi_definition.read(json.dumps(spec).encode()), properties)


def _new_api(definition: openapi_definition.Definition, properties: dict[str, Any]) -> str:
    check(definition, {"/"})
    _, _, body = upstream._create_rest_api({**definition.settings, **properties})
    api_id = str(json.loads(body)["id"])
    apply(api_id, definition)
    return api_id


def _put(api_id: str, body: bytes, query: dict[str, str]) -> Any:
    api = upstream._rest_apis.get(api_id)
    if api is None:
        return upstream._v1_error("NotFoundException", "Invalid API identifier specified", 404)
    mode = query.get("mode", "merge")
    if mode not in ("merge", "overwrite"):
        raise InvalidDefinition(f"Invalid mode '{mode}': it must be merge or overwrite.")
    definition = _read(body, query)
    kept_paths = (
        {"/"} if mode == "overwrite" else {resource["path"] for resource in upstream._resources[api_id].values()}
    )
    check(definition, kept_paths)
    if mode == "overwrite":
        clear(api_id, definition)
        api.update(_DEFAULTS)
    api.update(definition.settings)
    apply(api_id, definition)
    return upstream._get_rest_api(api_id)
