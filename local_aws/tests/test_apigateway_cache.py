"""The response cache of a stage: whose response it gives, and for how long."""

import json

import pytest

from local_aws.services.apigateway.stage_cache import MAX_CACHE_BYTES, MAX_RESPONSE_BYTES, StageCache
from local_aws.testing import wait_until
from local_aws.tests.apis import document, function, import_api, operation, proxy
from local_aws.tests.http_call import call_api

# Each call has another body, so that a response from the cache is known by its body.
COUNTS = """
import json, uuid


def handler(event, context):
    query = event["queryStringParameters"] or {}
    return {
        "statusCode": int(query.get("status", 200)),
        "headers": {"X-Call": str(uuid.uuid4())},
        "body": json.dumps({"user": event["headers"].get("X-User"), "size": "x" * int(query.get("size", 0))}),
    }
"""
KEYS = ["method.request.header.X-User", "method.request.querystring.since", "method.request.path.thing"]


@pytest.fixture(scope="module")
def arn(aws):
    return function(aws, "cache-counts", COUNTS)


@pytest.fixture
def api_id(aws, arn):
    parameters = [
        {"name": "X-User", "in": "header", "type": "string"},
        {"name": "since", "in": "query", "type": "string"},
        {"name": "thing", "in": "path", "type": "string", "required": True},
    ]
    cached = operation(proxy(arn, cacheKeyParameters=KEYS), parameters=parameters)
    paths = {
        "/things/{thing}": {"get": cached, "post": operation(proxy(arn))},
        "/live": {"get": operation(proxy(arn))},
    }
    created = import_api(aws, document(paths, "cache"), "s")
    settings(aws, created, caching(), **{"/cacheClusterEnabled": "true", "/cacheClusterSize": "0.5"})
    return created


def caching(**values):
    path = "/~1things~1{thing}/GET/caching"
    return {f"{path}/{name}": value for name, value in {"enabled": "true", "ttlInSeconds": "300", **values}.items()}


def settings(aws, api_id, *more, **values):
    for operations in (values, *more):
        patch = [{"op": "replace", "path": path, "value": value} for path, value in operations.items()]
        aws.client("apigateway").update_stage(restApiId=api_id, stageName="s", patchOperations=patch)


def call(aws, api_id, path="/s/things/a", method="GET", **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return call_api(aws, api_id, method, path, sent)


def is_cached(aws, api_id, path="/s/things/a", method="GET", **headers):
    """Whether the second of two equal requests gets the response of the first."""
    first, second = (call(aws, api_id, path, method, **headers).headers["x-call"] for _ in range(2))
    return first == second


def test_a_response_is_for_the_same_key_only(aws, api_id):
    ours = call(aws, api_id, X_User="alice")
    assert call(aws, api_id, X_User="alice").headers["x-call"] == ours.headers["x-call"]
    others = [
        call(aws, api_id, X_User="bob"),
        call(aws, api_id, X_User=""),
        call(aws, api_id),
        call(aws, api_id, "/s/things/a?since=1", X_User="alice"),
        call(aws, api_id, "/s/things/b", X_User="alice"),
    ]
    assert ours.headers["x-call"] not in {response.headers["x-call"] for response in others}
    assert [response.json["user"] for response in others[:2]] == ["bob", ""]
    # What is not in the key makes no difference.
    assert call(aws, api_id, "/s/things/a?x=1", X_User="alice").headers["x-call"] == ours.headers["x-call"]


def test_each_request_has_ids_of_its_own(aws, api_id):
    first, second = call(aws, api_id), call(aws, api_id)
    assert first.headers["x-call"] == second.headers["x-call"]
    assert first.headers["x-amzn-requestid"] != second.headers["x-amzn-requestid"]


def test_other_methods_and_resources_are_not_cached(aws, api_id):
    assert not is_cached(aws, api_id, "/s/live")
    assert not is_cached(aws, api_id, method="POST")


def test_errors_of_the_function_are_cached_as_well(aws, api_id):
    assert is_cached(aws, api_id, "/s/things/a?status=429")


@pytest.mark.parametrize("size", [MAX_RESPONSE_BYTES - 100, MAX_RESPONSE_BYTES + 1])
def test_a_response_above_one_megabyte_is_not_cached(aws, api_id, size):
    assert is_cached(aws, api_id, f"/s/things/a?since={size}&size={size}") == (size < MAX_RESPONSE_BYTES)


def test_a_response_leaves_when_its_time_is_over(aws, api_id):
    settings(aws, api_id, caching(ttlInSeconds="1"))
    first = call(aws, api_id).headers["x-call"]
    wait_until(lambda: call(aws, api_id).headers["x-call"] != first)


def test_no_time_to_live_is_no_cache(aws, api_id):
    settings(aws, api_id, caching(ttlInSeconds="0"))
    assert not is_cached(aws, api_id)


@pytest.mark.parametrize(
    ("strategy", "status", "warning"),
    [
        ("SUCCEED_WITH_RESPONSE_HEADER", 200, True),
        ("SUCCEED_WITHOUT_RESPONSE_HEADER", 200, False),
        ("FAIL_WITH_403", 403, False),
    ],
)
def test_a_caller_without_the_permission_does_not_replace_an_entry(aws, api_id, strategy, status, warning):
    settings(aws, api_id, caching(unauthorizedCacheControlHeaderStrategy=strategy))
    first = call(aws, api_id)
    response = call(aws, api_id, Cache_Control="max-age=0")
    assert (response.status, "warning" in response.headers) == (status, warning)
    assert call(aws, api_id).headers["x-call"] == first.headers["x-call"]


def test_a_caller_replaces_an_entry_where_no_permission_is_required(aws, api_id):
    settings(aws, api_id, caching(requireAuthorizationForCacheControl="false"))
    first = call(aws, api_id)
    second = call(aws, api_id, Cache_Control="max-age=0")
    assert "warning" not in second.headers
    assert first.headers["x-call"] != second.headers["x-call"] == call(aws, api_id).headers["x-call"]


def test_the_cache_can_be_flushed_and_turned_off(aws, api_id):
    first = call(aws, api_id).headers["x-call"]
    aws.client("apigateway").flush_stage_cache(restApiId=api_id, stageName="s")
    second = call(aws, api_id).headers["x-call"]
    assert first != second == call(aws, api_id).headers["x-call"]
    settings(aws, api_id, **{"/cacheClusterEnabled": "false"})
    assert not is_cached(aws, api_id)


def test_a_deployment_does_not_empty_the_cache(aws, api_id):
    first = call(aws, api_id).headers["x-call"]
    aws.client("apigateway").create_deployment(restApiId=api_id, stageName="s")
    assert call(aws, api_id).headers["x-call"] == first


def test_a_request_that_is_refused_before_the_cache_gets_no_response_from_it(aws, arn):
    key = operation(proxy(arn, cacheKeyParameters=[]), security=[{"api_key": []}])
    api = document({"/": {"get": key}}, "cache-key")
    api["securityDefinitions"] = {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
    created = import_api(aws, api, "s")
    patch = {"/cacheClusterEnabled": "true", "/*/*/caching/enabled": "true"}
    settings(aws, created, **patch)
    assert call(aws, created, "/s").status == 403


def test_the_least_recently_used_responses_leave_first():
    cache, body = StageCache(), b"x" * (MAX_RESPONSE_BYTES - 10)
    for number in range(2 * MAX_CACHE_BYTES // MAX_RESPONSE_BYTES):
        cache.put((str(number),), (200, {}, body), expires_at=10)
        assert cache.get(("0",), now=1) is not None
        assert cache.size <= MAX_CACHE_BYTES
    assert cache.get(("1",), now=1) is None


def test_a_response_is_not_changed_by_who_gets_it():
    cache = StageCache()
    cache.put(("a",), (200, {"X": ["1"]}, b""), expires_at=10)
    cache.get(("a",), now=1)[1]["X"].append("2")
    assert json.dumps(cache.get(("a",), now=1)[1]) == '{"X": ["1"]}'
