"""The public stage never has its cache on without the cache keys that separate users' responses."""

import msgspec

from deploy.settings import Api, Cache, CachedMethod
from deploy.steps.api_settings import put_stage

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
