"""The public stage never has its cache on without the cache keys that separate users' responses."""

import msgspec
import pytest

from deploy.errors import DeployError
from deploy.settings import Api, Cache, CachedMethod
from deploy.steps.api_settings import put_cache_keys, put_stage

CACHE = Cache("0.5", {"GET /todos/{id}": CachedMethod(60, ["method.request.header.Authorization"])})


class StageClient:
    """One stage, as API Gateway keeps it."""

    def __init__(self, **stage):
        self.stage = stage
        self.calls = []

    def get_stage(self, **_):
        return self.stage

    def update_stage(self, *, patchOperations, **_):  # noqa: N803 - botocore's name
        self.calls.append({item["path"]: item["value"] for item in patchOperations})


class FakeTarget:
    stage = "prod"
    region = "us-east-1"

    def __init__(self, client):
        self._client = client

    def client(self, _):
        return self._client


def put(app, client, settings):
    return put_stage(app, FakeTarget(client), "api-id", "api", "new", settings)


def test_deployment_and_cache_change_in_one_call(app):
    client = StageClient(deploymentId="old")
    put(app, client, Api(cache=CACHE))
    (call,) = client.calls
    assert call["/deploymentId"] == "new"
    assert call["/cacheClusterEnabled"] == "true"
    assert call["/*/*/caching/enabled"] == "false"
    assert call["/~1todos~1{id}/GET/caching/enabled"] == "true"


def test_without_cache_settings_a_cache_is_turned_off_in_the_same_call(app):
    client = StageClient(deploymentId="old", cacheClusterEnabled=True)
    put(app, client, msgspec.structs.replace(Api(cache=CACHE), cache=None))
    assert client.calls == [{"/deploymentId": "new", "/cacheClusterEnabled": "false"}]


def test_equal_settings_are_not_changed(app):
    settings = {"throttlingRateLimit": 100.0, "throttlingBurstLimit": 200}
    client = StageClient(deploymentId="new", methodSettings={"*/*": settings})
    api = msgspec.convert({"throttling": {"rate_limit": 100, "burst_limit": 200}}, Api)
    assert put(app, client, api) == []
    assert client.calls == []


@pytest.mark.parametrize("name", ["~1changes/GET", "/changes/GET", "changes/GET"])
def test_a_method_that_is_cached_no_longer_is_turned_off(app, name):
    client = StageClient(deploymentId="old", cacheClusterEnabled=True, methodSettings={name: {"cachingEnabled": True}})
    put(app, client, Api(cache=CACHE))
    assert client.calls[0]["/~1changes/GET/caching/enabled"] == "false"
    assert client.calls[0]["/~1todos~1{id}/GET/caching/enabled"] == "true"


def test_a_cached_method_has_the_limits_of_all_methods(app):
    client = StageClient(deploymentId="old")
    api = msgspec.convert({"throttling": {"rate_limit": 100, "burst_limit": 200}}, Api)
    put(app, client, msgspec.structs.replace(api, cache=CACHE))
    assert client.calls[0]["/~1todos~1{id}/GET/throttling/rateLimit"] == "100"


@pytest.mark.parametrize("name", ["~1todos~1{id}/GET", "/todos/{id}/GET", "todos/{id}/GET"])
def test_equal_settings_of_a_method_are_not_changed(app, name):
    on = {"cachingEnabled": True, "cacheTtlInSeconds": 60, "cacheDataEncrypted": True}
    methods = {"*/*": {"cachingEnabled": False}, name: {**on, "requireAuthorizationForCacheControl": True}}
    client = StageClient(deploymentId="new", cacheClusterEnabled=True, cacheClusterSize="0.5", methodSettings=methods)
    assert put(app, client, Api(cache=CACHE)) == []


class ApiClient:
    """One API with one method, which needs a token."""

    def __init__(self):
        self.calls = []

    def get_paginator(self, _):
        return self

    def paginate(self, **_):
        method = {"authorizationType": "COGNITO_USER_POOLS"}
        return [
            {"items": [{"id": "a", "path": "/"}, {"id": "b", "path": "/todos", "resourceMethods": {"GET": method}}]}
        ]

    def __getattr__(self, name):
        return lambda **_: self.calls.append(name)


@pytest.mark.parametrize(
    ("route", "keys", "reason"),
    [
        ("GET /todos", ["method.request.querystring.limit"], "all users alike"),
        ("POST /todos", ["method.request.header.Authorization"], "does not have"),
        ("GET /absent", [], "does not have"),
    ],
)
def test_a_cache_that_could_mix_users_is_refused_before_a_change(route, keys, reason):
    client = ApiClient()
    with pytest.raises(DeployError, match=reason):
        put_cache_keys(FakeTarget(client), "api-id", Api(cache=Cache("0.5", {route: CachedMethod(60, keys)})))
    assert client.calls == []


def test_cache_keys_are_parameters_of_the_method_and_of_its_integration():
    client = ApiClient()
    keys = ["method.request.header.Authorization"]
    put_cache_keys(FakeTarget(client), "api-id", Api(cache=Cache("0.5", {"GET /todos": CachedMethod(60, keys)})))
    assert client.calls == ["update_method", "update_integration"]
