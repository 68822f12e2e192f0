"""Step 4, settings of the API and its public stage that Chalice cannot express: cache, throttling, access log."""

from typing import Any

import msgspec

from deploy.apps import App
from deploy.errors import DeployError
from deploy.settings import Api, Cache, CachedMethod
from deploy.steps.gateway_responses import gateway_responses
from deploy.target import Target

# No query string and no header: they may hold tokens and signed URLs.
_ACCESS_LOG = (
    '{"requestId":"$context.requestId","time":"$context.requestTimeEpoch","method":"$context.httpMethod",'
    '"route":"$context.resourcePath","status":"$context.status","ms":"$context.responseLatency",'
    # `-` for a response from the cache.
    '"integrationMs":"$context.integrationLatency",'
    '"bytes":"$context.responseLength","ip":"$context.identity.sourceIp","user":"$context.authorizer.claims.sub"}'
)


_CALLER = "method.request.header.Authorization"


def deployed_settings(app: App, settings: Api) -> dict[str, Any]:
    """The settings that a deployment contains: deployments that differ in them are not interchangeable."""
    return {"responses": gateway_responses(app, settings), "cache": msgspec.to_builtins(settings.cache)}


def put_cache_keys(target: Target, api: str, settings: Api) -> None:
    """Set which parts of a request are in the cache key of each cached method.

    Raises
    ------
    DeployError
        There is no such method, or the responses to one user's requests could be another's.
    """
    if settings.cache is None:
        return
    client = target.client("apigateway")
    pages = client.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
    resources = {item["path"]: item for page in pages for item in page["items"]}
    for route, cached in settings.cache.methods.items():
        verb, _, path = route.partition(" ")
        resource = resources.get(path, {})
        _check_cached_method(route, cached, resource.get("resourceMethods", {}).get(verb))
        method = {"restApiId": api, "resourceId": resource["id"], "httpMethod": verb}
        parameters = [{"op": "add", "path": f"/requestParameters/{key}", "value": "false"} for key in cached.keys]
        client.update_method(**method, patchOperations=parameters)
        keys = [{"op": "add", "path": f"/cacheKeyParameters/{key}", "value": ""} for key in cached.keys]
        client.update_integration(**method, patchOperations=keys)


def _check_cached_method(route: str, cached: CachedMethod, method: dict[str, Any] | None) -> None:
    if method is None:
        raise DeployError(f"stages.yaml caches {route}, which the API does not have")
    kind = method.get("authorizationType", "NONE")
    if kind not in ("NONE", "COGNITO_USER_POOLS"):
        raise DeployError(f"stages.yaml caches {route}, whose callers are not all known by {_CALLER}: {kind}")
    if kind != "NONE" and _CALLER not in cached.keys:
        raise DeployError(f"stages.yaml caches {route} for all users alike: its keys need {_CALLER}")


def put_stage(app: App, target: Target, api: str, stage: str, deployment: str, settings: Api) -> list[str]:
    """Point a stage at a deployment and set the stage's own settings; returns the changes as text.

    It is one call: with the cache on and no cache keys, one user would get another's response.
    """
    client = target.client("apigateway")
    current = client.get_stage(restApiId=api, stageName=stage)
    values = {"/deploymentId": deployment, **_stage_values(app, target, settings)}
    if settings.cache is None and current.get("cacheClusterEnabled"):
        values["/cacheClusterEnabled"] = "false"
    for path in _cached_before(current):
        values.setdefault(f"{path}/caching/enabled", "false")
    operations = [
        {"op": "replace", "path": path, "value": value}
        for path, value in values.items()
        if _current_value(current, path) != value
    ]
    if operations:
        client.update_stage(restApiId=api, stageName=stage, patchOperations=operations)
    return [f"public stage: {item['path']} = {item['value']}" for item in operations if "format" not in item["path"]]


def _cached_before(stage: dict[str, Any]) -> list[str]:
    """The patch paths of the methods that a stage caches: one that is cached no longer may have lost its cache keys."""
    names = [name for name, value in (stage.get("methodSettings") or {}).items() if value.get("cachingEnabled")]
    routes = [_plain(name).rpartition("/") for name in names]
    return [f"/~1{path.replace('/', '~1')}/{verb}" for path, _, verb in routes if verb != "*"]


def _stage_values(app: App, target: Target, settings: Api) -> dict[str, str]:
    """The stage's settings by their patch paths.

    https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
    """
    # A method with settings of its own does not have those of all methods.
    methods = ["/*/*", *map(_method_path, settings.cache.methods if settings.cache else [])]
    values: dict[str, str] = {}
    if settings.throttling:
        for method in methods:
            values[f"{method}/throttling/rateLimit"] = f"{settings.throttling.rate_limit:.10g}"
            values[f"{method}/throttling/burstLimit"] = str(settings.throttling.burst_limit)
    if settings.access_log_group:
        group = settings.access_log_group.format(stage=target.stage)
        arn = f"arn:aws:logs:{target.region}:{target.account()}:log-group:{group}"
        values |= {"/accessLogSettings/destinationArn": arn, "/accessLogSettings/format": _ACCESS_LOG}
    return values | (_cache_values(settings.cache) if settings.cache else {})


def _cache_values(cache: Cache) -> dict[str, str]:
    # Off for all methods, then on for those with keys: without keys one user would get another's response.
    values = {"/cacheClusterEnabled": "true", "/cacheClusterSize": cache.size_gb, "/*/*/caching/enabled": "false"}
    for route, cached in cache.methods.items():
        method = f"{_method_path(route)}/caching"
        values |= {f"{method}/enabled": "true", f"{method}/ttlInSeconds": str(cached.ttl_seconds)}
        values |= {f"{method}/dataEncrypted": "true", f"{method}/requireAuthorizationForCacheControl": "true"}
    return values


def _method_path(route: str) -> str:
    """The patch path of the settings of a route, such as "GET /todos"."""
    verb, _, path = route.partition(" ")
    return f"/{path.replace('/', '~1')}/{verb}"


_METHOD_SETTINGS = {
    "throttling/rateLimit": "throttlingRateLimit",
    "throttling/burstLimit": "throttlingBurstLimit",
    "caching/enabled": "cachingEnabled",
    "caching/ttlInSeconds": "cacheTtlInSeconds",
    "caching/dataEncrypted": "cacheDataEncrypted",
    "caching/requireAuthorizationForCacheControl": "requireAuthorizationForCacheControl",
}


def _current_value(stage: dict[str, Any], path: str) -> str:
    """A stage's current value at a patch path, as text."""
    parts = path.strip("/").split("/")
    if len(parts) == 1:
        return _text(stage.get(parts[0]))
    if len(parts) == 2:
        return _text((stage.get(parts[0]) or {}).get(parts[1]))
    # GetStage names the settings of `GET /todos` by `todos/GET`, with or without a slash, which may be `~1`.
    by_method = {_plain(name): value for name, value in (stage.get("methodSettings") or {}).items()}
    settings = by_method.get(_plain("/".join(parts[:2])), {})
    return _text(settings.get(_METHOD_SETTINGS["/".join(parts[2:])]))


def _plain(method: str) -> str:
    return method.replace("~1", "/").strip("/")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)
