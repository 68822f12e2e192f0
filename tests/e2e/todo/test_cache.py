"""The cache in front of `GET /changes`: whose answers it gives, and how a device sees its own changes at once."""

import json
from datetime import UTC, datetime

import pytest
import requests

from common.values import new_id
from deploy.apps import find_apps
from deploy.progress import Progress
from deploy.steps.api_stage import PublicStage
from local_aws.testing import wait_until


def version(user):
    """The list's version, past the cache, by a deletion that changes nothing."""
    sent = {"op": "delete", "key": new_id(datetime.now(UTC)), "id": new_id(datetime.now(UTC))}
    return user.call("POST", "/changes", {"changes": [sent]}).json()["version"]


def new_version(user):
    """A version that no test has asked for, so that nothing is cached for it."""
    user.add("another")
    return version(user)


def lines_in_log(stage, request_id):
    """The access log's line of a request."""
    aws = stage.client("logs")
    events = aws.filter_log_events(logGroupName="/aws/apigateway/todo-local", filterPattern=f'"{request_id}"')
    return [json.loads(event["message"]) for event in events["events"]]


def integration_ms(stage, response):
    """How long the function took by the access log; `-` for an answer from the cache."""
    request_id = response.headers["x-amzn-requestid"]
    (line,) = wait_until(lambda: lines_in_log(stage, request_id), "the access log has the request")
    return line["integrationMs"]


def test_an_answer_comes_from_the_cache_until_the_device_knows_a_newer_version(stage, alice):
    first = new_version(alice)
    answers = [alice.call("GET", f"/changes?since={first}") for _ in range(2)]
    assert integration_ms(stage, answers[0]) != "-"
    assert integration_ms(stage, answers[1]) == "-"
    made = alice.add("written here")
    newer = version(alice)
    fresh = alice.call("GET", f"/changes?since={first}&atLeast={newer}").json()
    assert [item["todo"] for item in fresh["written"]] == [made]
    assert made in alice.call("GET", "/todos").json()


def test_nobody_gets_the_answer_of_another(alice, bob):
    query = f"/changes?since={new_version(alice)}"
    made = alice.add("private")
    assert made["url"] in alice.call("GET", query).text
    assert made["url"] not in bob.call("GET", query).text


def test_a_token_that_is_no_good_gets_nothing_from_the_cache(alice):
    url = f"{alice.api_url}/changes?since=0"
    assert alice.call("GET", url).status_code == 200
    bad = [alice.id_token[:-10] + "AAAAAAAAAA", "a.b.c", "", alice.tokens["AccessToken"]]
    for token in bad:
        assert requests.get(url, headers={"Authorization": token}).status_code == 401, token


POISON = [
    {"X-Forwarded-Host": "evil.example"},
    {"X-HTTP-Method-Override": "POST"},
    {"Origin": "https://evil.example"},
    {"X-Original-URL": "/api/config"},
    {"Accept": "text/html"},
    {"Accept-Encoding": "gzip"},
]


@pytest.mark.parametrize("headers", POISON, ids=str)
def test_a_header_does_not_change_what_later_requests_get(alice, headers):
    url = f"{alice.api_url}/changes?since={new_version(alice)}"
    token = {"Authorization": alice.id_token}
    requests.get(url, headers={**token, **headers})
    clean = requests.get(url, headers=token)
    assert clean.status_code == 200
    assert clean.headers["Access-Control-Allow-Origin"] == "*"
    assert "evil" not in clean.text + str(clean.headers)
    assert set(clean.json()) == {"version", "written", "deleted", "more"}


@pytest.mark.parametrize("query", ["SINCE={}", "since=0{}", "since={}%20"])
def test_another_query_does_not_change_what_later_requests_get(alice, query):
    before = new_version(alice)
    made = alice.add("one more")
    assert alice.call("GET", "/changes?" + query.format(before)).status_code == 400
    clean = alice.call("GET", f"/changes?since={before}")
    assert (clean.status_code, [item["todo"] for item in clean.json()["written"]]) == (200, [made])


def test_a_refusal_is_kept_for_who_caused_it_only(alice, bob):
    query = f"/changes?since={new_version(alice)}"
    assert alice.call("GET", f"{query}&x=1").status_code == 400
    assert alice.call("GET", query).status_code == 400
    assert bob.call("GET", query).json() != alice.call("GET", query).json()
    assert alice.call("GET", f"{query}&atLeast=0").status_code == 200


def test_a_client_cannot_empty_the_cache(stage, alice):
    url = f"/changes?since={new_version(alice)}"
    alice.call("GET", url)
    refused = alice.call("GET", url, Cache_Control="max-age=0")
    assert refused.status_code == 200
    assert integration_ms(stage, refused) == "-"


def test_a_second_deployment_changes_nothing_and_the_cache_stays_on(stage):
    done = stage.deploy("up", "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "caching" not in done.stdout
    gateway = stage.client("apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    by_name = {item["stageName"]: item for item in gateway.get_stages(restApiId=api["id"])["item"]}
    assert by_name["api"]["cacheClusterEnabled"] is True
    assert not by_name["preview"].get("cacheClusterEnabled")


class WatchedTarget:
    """The embedded AWS as the deploy tool sees it; `check` runs after each call that changes the API."""

    stage = "local"
    region = "us-east-1"

    def __init__(self, local, check):
        self.local = local
        self.check = check
        self.calls = []

    def client(self, service):
        client = self.local.client(service, region=self.region)
        # The id, because it is the same client each time.
        client.meta.events.register("after-call.apigateway", self.after, unique_id="check")
        return client

    def after(self, model, **_):
        if not model.name.startswith("Get"):
            self.calls.append(model.name)
            self.check()

    def account(self):
        return "000000000000"


def test_no_answer_is_shared_at_any_moment_of_a_deployment(stage, alice, bob):
    for user in (alice, bob):
        many = [
            {"op": "create", "key": f"many-{number}", "id": new_id(datetime.now(UTC)), "todo": {"title": "private"}}
            for number in range(50)
        ]
        user.call("POST", "/changes", {"changes": many})
    queries = (f"/changes?since={since}&atLeast={version}" for since in range(10) for version in range(50))

    def check():
        # The same query for both, which was not asked before.
        query = next(queries)
        ids = [{item["id"] for item in user.call("GET", query).json()["written"]} for user in (alice, bob)]
        assert ids[0]
        assert ids[1]
        assert not ids[0] & ids[1]

    (app,) = (app for app in find_apps(stage.root) if app.key == "todo_app")
    target = WatchedTarget(stage, check)
    gateway = target.client("apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    (resource,) = (one for one in gateway.get_resources(restApiId=api["id"])["items"] if one["path"] == "/changes")
    # Chalice's own deployment imports the API anew, which has no cache keys.
    integration = {"restApiId": api["id"], "resourceId": resource["id"], "httpMethod": "GET"}
    keys = gateway.get_integration(**integration)["cacheKeyParameters"]
    assert len(keys) == 3
    gateway.update_integration(
        **integration, patchOperations=[{"op": "remove", "path": f"/cacheKeyParameters/{key}"} for key in keys]
    )
    public = PublicStage(app, target, api["id"], Progress("todo_app"))
    public.publish("another digest of the functions")
    assert {"CreateDeployment", "UpdateIntegration", "UpdateMethod", "UpdateStage"} <= set(target.calls)
    public.point_to(public.prepared()[1]["id"])
    assert target.calls.count("UpdateStage") == 2
