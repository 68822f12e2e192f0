"""ImportRestApi and PutRestApi of the documents that Chalice writes: Swagger 2.0 in JSON.

AWS: an API is created, replaced (`mode=overwrite`) or extended (`mode=merge`) by one OpenAPI document:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
Lacking here: MiniStack has neither operation, and its reader of documents (for CloudFormation) drops
integration responses (so CORS preflight), templates, binary types, models and gateway responses.
Refused: OpenAPI 3.0, YAML, base paths, request validators, inline schemas and references but to a model.
Hooked at: `apigateway_v1.handle_request`, and `_import_rest_api`, which CloudFormation calls.
A refused document changes nothing. Resources and authorizers that stay keep their ids.
"""

import functools
import json
from typing import Any

from ministack.services import apigateway_v1 as upstream

from local_aws.hooks import Hook
from local_aws.services.apigateway import openapi
from local_aws.services.apigateway.importing import apply, check, clear
from local_aws.services.apigateway.integration import BadDefinition
from local_aws.settings import Settings

_MODULE = "ministack.services.apigateway_v1"
HOOKS = (
    Hook(f"{_MODULE}:handle_request", "method,path,headers,body,query_params"),
    Hook(f"{_MODULE}:_import_rest_api", "spec,base_data"),
    Hook(f"{_MODULE}:_create_rest_api", "data"),
    Hook(f"{_MODULE}:_get_rest_api", "api_id"),
    Hook(f"{_MODULE}:_create_resource", "api_id,parent_id,data"),
    Hook(f"{_MODULE}:_put_method", "api_id,resource_id,http_method,data"),
    Hook(f"{_MODULE}:_put_method_response", "api_id,resource_id,http_method,status_code,data"),
    Hook(f"{_MODULE}:_put_integration", "api_id,resource_id,http_method,data"),
    Hook(f"{_MODULE}:_put_gateway_response", "api_id,response_type,data"),
    Hook(f"{_MODULE}:_create_authorizer", "api_id,data"),
    Hook(f"{_MODULE}:_create_model", "api_id,data"),
    Hook(f"{_MODULE}:_v1_error", "code,message,status"),
    Hook(f"{_MODULE}:_GATEWAY_RESPONSE_TYPES", "type:tuple"),
    *(
        Hook(f"{_MODULE}:{name}", "type:AccountRegionScopedDict")
        for name in (
            "_rest_apis",
            "_resources",
            "_authorizers_v1",
            "_models",
            "_request_validators",
            "_gateway_responses",
        )
    ),
    Hook(f"{_MODULE}:_put_integration_response", "api_id,resource_id,http_method,status_code,data"),
)

_DEFAULTS: dict[str, Any] = {
    "binaryMediaTypes": [],
    "minimumCompressionSize": None,
    "apiKeySource": "HEADER",
    "policy": None,
}


def install(settings: Settings) -> None:
    """Answer both operations, and CloudFormation's import."""
    original = upstream.handle_request

    @functools.wraps(original)
    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        parts = [part for part in path.split("/") if part]
        query = {name: value[0] if isinstance(value, list) else value for name, value in query_params.items()}
        try:
            if (method, parts) == ("POST", ["restapis"]) and query.get("mode") == "import":
                return _create(body, query)
            if method == "PUT" and len(parts) == 2 and parts[0] == "restapis":
                return _put(parts[1], body, query)
        except BadDefinition as error:
            return upstream._v1_error("BadRequestException", str(error), 400)
        return await original(method, path, headers, body, query_params)

    upstream.handle_request = handle_request
    upstream._import_rest_api = _import_for_cloudformation


def _create(body: bytes, query: dict[str, str]) -> Any:
    definition = _read(body, query)
    kinds = query.get("endpointConfigurationTypes")
    api_id = _new_api(definition, {"endpointConfiguration": {"types": kinds.split(",")}} if kinds else {})
    _, headers, answer = upstream._get_rest_api(api_id)
    return 201, headers, answer


def _read(body: bytes, query: dict[str, str]) -> openapi.Definition:
    if query.get("basepath", "ignore") != "ignore":
        raise BadDefinition("The embedded AWS ignores base paths: basepath must be ignore.")
    return openapi.read(body)


def _import_for_cloudformation(spec: dict[str, Any], base_data: dict[str, Any] | None = None) -> str:
    """The body of an AWS::ApiGateway::RestApi; the template's own properties win."""
    given = {name: value for name, value in (base_data or {}).items() if value not in (None, "", [])}
    return _new_api(openapi.read(json.dumps(spec).encode()), given)


def _new_api(definition: openapi.Definition, given: dict[str, Any]) -> str:
    check(definition, {"/"})
    _, _, body = upstream._create_rest_api({**definition.settings, **given})
    api_id = str(json.loads(body)["id"])
    apply(api_id, definition)
    return api_id


def _put(api_id: str, body: bytes, query: dict[str, str]) -> Any:
    api = upstream._rest_apis.get(api_id)
    if api is None:
        return upstream._v1_error("NotFoundException", "Invalid API identifier specified", 404)
    mode = query.get("mode", "merge")
    if mode not in ("merge", "overwrite"):
        raise BadDefinition(f"Invalid mode '{mode}': it must be merge or overwrite.")
    definition = _read(body, query)
    kept = {"/"} if mode == "overwrite" else {each["path"] for each in upstream._resources[api_id].values()}
    check(definition, kept)
    if mode == "overwrite":
        clear(api_id, definition)
        api.update(_DEFAULTS)
    api.update(definition.settings)
    apply(api_id, definition)
    return upstream._get_rest_api(api_id)
