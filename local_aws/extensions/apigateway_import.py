"""ImportRestApi and PutRestApi, complete.

AWS: an API is created, replaced (`mode=overwrite`) or extended (`mode=merge`) by one OpenAPI document:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
Lacking here: MiniStack has neither operation, and its reader of documents (for CloudFormation) drops
integration responses (so CORS preflight), templates, binary types, models and gateway responses.
Hooked at: `apigateway_v1.handle_request`, and `_import_rest_api`, which CloudFormation calls.
A refused document changes nothing. Resources and authorizers that stay keep their ids.
"""

import functools
import json
import re
from typing import Any

from local_aws.apigateway import openapi
from local_aws.apigateway.integration import BadDefinition
from local_aws.extension import Hook
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
    Hook(f"{_MODULE}:_create_request_validator", "api_id,data"),
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
)

_DEFAULTS: dict[str, Any] = {
    "binaryMediaTypes": [],
    "minimumCompressionSize": None,
    "apiKeySource": "HEADER",
    "policy": None,
}


def install(settings: Settings) -> None:
    """Answer both operations, and CloudFormation's import."""
    from ministack.services import apigateway_v1 as upstream  # noqa: PLC0415 - imports the environment's settings

    _Importer(upstream).hook()


class _Importer:
    def __init__(self, upstream: Any) -> None:
        self.upstream = upstream

    def hook(self) -> None:
        original = self.upstream.handle_request

        @functools.wraps(original)
        async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
            parts = [part for part in path.split("/") if part]
            query = {name: value[0] if isinstance(value, list) else value for name, value in query_params.items()}
            if (method, parts) == ("POST", ["restapis"]) and query.get("mode") == "import":
                return self._answer(lambda: self.create(body, query))
            if method == "PUT" and len(parts) == 2 and parts[0] == "restapis":
                return self._answer(lambda: self.put(parts[1], body, query))
            return await original(method, path, headers, body, query_params)

        self.upstream.handle_request = handle_request
        self.upstream._import_rest_api = self.import_for_cloudformation

    def _answer(self, work: Any) -> Any:
        try:
            return work()
        except BadDefinition as error:
            return self.upstream._v1_error("BadRequestException", str(error), 400)

    def create(self, body: bytes, query: dict[str, str]) -> Any:
        """ImportRestApi."""
        definition = openapi.read(body, query.get("basepath", "ignore"))
        base: dict[str, Any] = {}
        if kinds := query.get("endpointConfigurationTypes"):
            base["endpointConfiguration"] = {"types": kinds.split(",")}
        api_id = self._new_api(definition, base)
        _, headers, answer = self.upstream._get_rest_api(api_id)
        return 201, headers, answer

    def import_for_cloudformation(self, spec: dict[str, Any], base_data: dict[str, Any] | None = None) -> str:
        """The body of an AWS::ApiGateway::RestApi; the template's own properties win."""
        return self._new_api(openapi.read(json.dumps(spec).encode()), base_data or {})

    def _new_api(self, definition: openapi.Definition, base: dict[str, Any]) -> str:
        self._check(definition, {"/"})
        _, _, body = self.upstream._create_rest_api({**definition.settings, **base})
        api_id = str(json.loads(body)["id"])
        self._apply(api_id, definition)
        return api_id

    def put(self, api_id: str, body: bytes, query: dict[str, str]) -> Any:
        """PutRestApi."""
        api = self.upstream._rest_apis.get(api_id)
        if api is None:
            return self.upstream._v1_error("NotFoundException", "Invalid API identifier specified", 404)
        mode = query.get("mode", "merge")
        if mode not in ("merge", "overwrite"):
            raise BadDefinition(f"Invalid mode '{mode}': it must be merge or overwrite.")
        definition = openapi.read(body, query.get("basepath", "ignore"))
        kept = {"/"} if mode == "overwrite" else {each["path"] for each in self.upstream._resources[api_id].values()}
        self._check(definition, kept)
        if mode == "overwrite":
            self._clear(api_id, definition)
            api.update({**_DEFAULTS, **definition.settings})
        else:
            # A merge leaves the API's own name and description alone when the document says nothing.
            api.update(definition.settings)
        self._apply(api_id, definition)
        return self.upstream._get_rest_api(api_id)

    def _check(self, definition: openapi.Definition, kept_paths: set[str]) -> None:
        """What the document alone does not show. Called before anything is changed."""
        _check_siblings(definition, kept_paths)
        for response_type, each in definition.gateway_responses.items():
            if response_type not in self.upstream._GATEWAY_RESPONSE_TYPES:
                raise BadDefinition(f"Invalid gateway response type: {response_type}")
            if not re.fullmatch(r"[1-5]\d\d", str(each.get("statusCode", "400"))):
                raise BadDefinition(f"Invalid status code specified for gateway response {response_type}")

    def _clear(self, api_id: str, definition: openapi.Definition) -> None:
        up = self.upstream
        wanted = {"/"}.union(*(_with_parents(path) for path in definition.paths))
        resources = up._resources[api_id]
        for resource_id, resource in list(resources.items()):
            resource["resourceMethods"] = {}
            if resource["path"] not in wanted:
                del resources[resource_id]
        names = {each.name for each in definition.authorizers}
        authorizers = up._authorizers_v1.setdefault(api_id, {})
        for authorizer_id in [key for key, each in authorizers.items() if each["name"] not in names]:
            del authorizers[authorizer_id]
        up._models[api_id] = {}
        up._request_validators[api_id] = {}
        up._gateway_responses[api_id] = {}

    def _apply(self, api_id: str, definition: openapi.Definition) -> None:
        up = self.upstream
        for name, schema in definition.models.items():
            up._models.setdefault(api_id, {}).pop(name, None)
            up._create_model(api_id, {"name": name, "schema": json.dumps(schema)})
        authorizers = {
            each.name: self._put_authorizer(api_id, each.settings) for each in definition.authorizers if each.settings
        }
        validators = {name: self._put_validator(api_id, name, each) for name, each in definition.validators.items()}
        for response_type, each in definition.gateway_responses.items():
            up._put_gateway_response(api_id, response_type, each)
        for path in definition.paths:
            self._resource(api_id, path)
        for method in definition.methods:
            self._put_method(api_id, method, authorizers, validators)

    def _put_authorizer(self, api_id: str, settings: dict[str, Any]) -> str:
        """Create it, or change the one of that name, whose id methods and caches know."""
        existing = self.upstream._authorizers_v1.setdefault(api_id, {})
        _, _, body = self.upstream._create_authorizer(api_id, settings)
        created = json.loads(body)["id"]
        for authorizer_id, each in existing.items():
            if each["name"] == settings["name"] and authorizer_id != created:
                existing[authorizer_id] = {**existing.pop(created), "id": authorizer_id}
                return str(authorizer_id)
        return str(created)

    def _put_validator(self, api_id: str, name: str, settings: dict[str, Any]) -> str:
        existing = self.upstream._request_validators.setdefault(api_id, {})
        for validator_id in [key for key, each in existing.items() if each["name"] == name]:
            del existing[validator_id]
        _, _, body = self.upstream._create_request_validator(api_id, {"name": name, **settings})
        return str(json.loads(body)["id"])

    def _resource(self, api_id: str, path: str) -> str:
        """The id of the resource at a path; it and its parents are created where missing."""
        by_path = {each["path"]: each["id"] for each in self.upstream._resources[api_id].values()}
        parent = by_path["/"]
        for each in _with_parents(path):
            if each not in by_path:
                part = each.rpartition("/")[2]
                _, _, body = self.upstream._create_resource(api_id, parent, {"pathPart": part})
                by_path[each] = json.loads(body)["id"]
            parent = by_path[each]
        return str(parent)

    def _put_method(
        self, api_id: str, method: openapi.Method, authorizers: dict[str, str], validators: dict[str, str]
    ) -> None:
        up = self.upstream
        at = (api_id, self._resource(api_id, method.path), method.http_method)
        up._put_method(
            *at,
            {
                **method.settings,
                "authorizationType": method.security.authorization_type,
                "authorizerId": authorizers.get(method.security.authorizer or ""),
                "authorizationScopes": method.security.scopes,
                "apiKeyRequired": method.security.api_key_required,
                "requestValidatorId": validators.get(method.validator or ""),
            },
        )
        for status, each in method.responses.items():
            up._put_method_response(*at, status, each)
        if method.integration:
            up._put_integration(*at, {**method.integration, "cacheNamespace": at[1]})
            for status, each in method.integration["integrationResponses"].items():
                up._put_integration_response(*at, status, each)


def _with_parents(path: str) -> list[str]:
    """`/a/b` -> [`/a`, `/a/b`]; nothing for the root."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "/".join(parts[: end + 1]) for end in range(len(parts))]


def _check_siblings(definition: openapi.Definition, existing: set[str]) -> None:
    """AWS allows one path variable beside others below one parent."""
    variables: dict[str, str] = {}
    for path in sorted(existing) + definition.paths:
        for each in _with_parents(path):
            parent, _, part = each.rpartition("/")
            if part.startswith("{") and variables.setdefault(parent, part) != part:
                raise BadDefinition(
                    f"Unable to create resource at path '{each}': A sibling ({variables[parent]}) of this resource "
                    "already has a variable path part -- only one is allowed"
                )
