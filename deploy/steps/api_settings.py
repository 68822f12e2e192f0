"""What an API and its stage have and Chalice cannot express: cache keys, throttling, the access log."""

from typing import Any

import msgspec

from deploy.apps import App
from deploy.settings import Api, Cache
from deploy.steps.gateway_responses import gateway_responses
from deploy.target import Target

# No query string and no header: they may hold tokens and signed URLs.
_ACCESS_LOG = (
    '{"requestId":"$context.requestId","time":"$context.requestTimeEpoch","method":"$context.httpMethod",'
    '"route":"$context.resourcePath","status":"$context.status","ms":"$context.responseLatency",'
    '"bytes":"$context.responseLength","ip":"$context.identity.sourceIp","user":"$context.authorizer.claims.sub"}'
)


def deployed_settings(app: App, settings: Api) -> dict[str, Any]:
    """What of the settings a deployment holds, for telling deployments apart."""
    return {"responses": gateway_responses(app, settings), "cache": msgspec.to_builtins(settings.cache)}


def put_cache_keys(target: Target, api: str, settings: Api) -> None:
    """Tell the cache which parts of a request make answers differ."""
    if settings.cache is None:
        return
    client = target.client("apigateway")
    pages = client.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
    resources = {item["path"]: item["id"] for page in pages for item in page["items"]}
    for route, cached in settings.cache.methods.items():
        verb, _, path = route.partition(" ")
        where = {"restApiId": api, "resourceId": resources[path], "httpMethod": verb}
        required = [{"op": "add", "path": f"/requestParameters/{key}", "value": "false"} for key in cached.keys]
        client.update_method(**where, patchOperations=required)
        keys = [{"op": "add", "path": f"/cacheKeyParameters/{key}", "value": ""} for key in cached.keys]
        client.update_integration(**where, patchOperations=keys)


def put_stage(app: App, target: Target, api: str, stage: str, deployment: str, settings: Api) -> list[str]:
    """Point a stage at a deployment and set what belongs to the stage itself; returns what was changed.

    It is one call: with the cache on and its keys not there, one user would get another's answer.
    """
    client = target.client("apigateway")
    current = client.get_stage(restApiId=api, stageName=stage)
    wanted = {"/deploymentId": deployment, **_wanted(app, target, settings)}
    if settings.cache is None and current.get("cacheClusterEnabled"):
        wanted["/cacheClusterEnabled"] = "false"
    operations = [
        {"op": "replace", "path": path, "value": value}
        for path, value in wanted.items()
        if _current_value(current, path) != value
    ]
    if operations:
        client.update_stage(restApiId=api, stageName=stage, patchOperations=operations)
    return [f"public stage: {item['path']} = {item['value']}" for item in operations if "format" not in item["path"]]


def _wanted(app: App, target: Target, settings: Api) -> dict[str, str]:
    wanted: dict[str, str] = {}
    if settings.throttling:
        wanted["/*/*/throttling/rateLimit"] = f"{settings.throttling.rate_limit:.10g}"
        wanted["/*/*/throttling/burstLimit"] = str(settings.throttling.burst_limit)
    if settings.access_log_group:
        group = settings.access_log_group.format(stage=target.stage)
        arn = f"arn:aws:logs:{target.region}:{target.account()}:log-group:{group}"
        wanted |= {"/accessLogSettings/destinationArn": arn, "/accessLogSettings/format": _ACCESS_LOG}
    return wanted | (_wanted_cache(settings.cache) if settings.cache else {})


def _wanted_cache(cache: Cache) -> dict[str, str]:
    # Off for all, then on for those that have keys: a method without keys would answer one user with another's data.
    wanted = {"/cacheClusterEnabled": "true", "/cacheClusterSize": cache.size_gb, "/*/*/caching/enabled": "false"}
    for route, cached in cache.methods.items():
        verb, _, path = route.partition(" ")
        method = f"/{path.replace('/', '~1')}/{verb}/caching"
        wanted |= {f"{method}/enabled": "true", f"{method}/ttlInSeconds": str(cached.ttl_seconds)}
        wanted |= {f"{method}/dataEncrypted": "true", f"{method}/requireAuthorizationForCacheControl": "true"}
    return wanted


_METHOD_SETTINGS = {
    "throttling/rateLimit": "throttlingRateLimit",
    "throttling/burstLimit": "throttlingBurstLimit",
    "caching/enabled": "cachingEnabled",
    "caching/ttlInSeconds": "cacheTtlInSeconds",
    "caching/dataEncrypted": "cacheDataEncrypted",
    "caching/requireAuthorizationForCacheControl": "requireAuthorizationForCacheControl",
}


def _current_value(stage: dict[str, Any], path: str) -> str:
    """What a stage has now at a patch path, as that path's text."""
    parts = path.strip("/").split("/")
    if len(parts) == 1:
        return _text(stage.get(parts[0]))
    if len(parts) == 2:
        return _text((stage.get(parts[0]) or {}).get(parts[1]))
    method = "/".join(parts[:2]).replace("~1", "/") if parts[0] == "*" else f"{parts[0]}/{parts[1]}"
    settings = (stage.get("methodSettings") or {}).get(method, {})
    return _text(settings.get(_METHOD_SETTINGS["/".join(parts[2:])]))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)
