"""Invalid input to every operation of every deployed app."""

import gzip
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.apps import apps_with_tests
from tests.bad_input import bodies
from tests.contract import JSON, Described, operations
from tests.e2e.demo_user import DemoUser
from tests.e2e.forged_tokens import TOKENS, Forger
from tests.e2e.local_stage import LocalStage
from tests.e2e.raw_http import RawResponse, send

APPS = [app.key for app in apps_with_tests()]
HAVE_BODIES = [app for app in APPS if any(one.body for one in operations(app))]
MEBIBYTE = 1024 * 1024


class World:
    """One app, and the demo user who can call all its operations."""

    def __init__(self, stage: LocalStage, app: str) -> None:
        self.user = DemoUser(stage, app)
        self.forger = Forger(self.user)
        self.names = [value for name, value in stage.outputs(app).items() if name.endswith(("Name", "Arn"))]

    def send(self, operation: Described, query: str = "", **request: Any) -> RawResponse:
        """Send a valid request, except for the arguments."""
        example = json.dumps(operation.example).encode() if operation.body else None
        content_type = request.pop("content_type", JSON if operation.body else None)
        headers = [*request.pop("headers", ()), *([("Content-Type", content_type)] if content_type else [])]
        token = request.pop("authorization", [] if operation.is_public else [("Authorization", self.user.id_token)])
        body = request.pop("body", example)
        assert not request
        target = operation.path_of_examples + (query or operation.required_query)
        return send(self.user.api_url, operation.method, target, [*token, *headers], body)


def table(cases: Any, applies: Callable[[Described, Any], bool] = lambda *_: True, apps: list[str] = APPS) -> Any:
    """Return each case with each operation of `apps` to which it applies; the ids name app, operation and case."""
    rows = [
        pytest.param(app, operation, case, id=f"{app}-{operation}-{str(case)[:60]}")
        for app in apps
        for operation in operations(app)
        for case in cases
        if applies(operation, case)
    ]
    assert {row.values[0] for row in rows} == set(apps)
    return pytest.mark.parametrize(("app", "operation", "case"), rows)


@pytest.fixture(scope="module")
def worlds(stage: LocalStage):
    return {app: World(stage, app) for app in APPS}


@pytest.fixture
def world(worlds: dict[str, World], app: str) -> World:
    return worlds[app]


def assert_problem(world: World, response: RawResponse, *statuses: int) -> None:
    """Check a problem response: it has CORS headers and no internal details."""
    assert response.status in statuses, (response.status, response.body[:500])
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.json["title"]
    assert response.json["requestId"]
    private = ("Traceback", 'File "', "msgspec", "botocore", "dynamodb", *world.names)
    assert [word for word in private if word in response.body.decode()] == []


def with_body(operation: Described, _: object) -> bool:
    return bool(operation.body)


@table(["none", "twice", *TOKENS], lambda operation, _: not operation.is_public)
def test_a_bad_token_is_refused(world: World, operation: Described, case: str):
    right = ("Authorization", world.user.id_token)
    special = {"none": [], "twice": [right, right]}
    authorization = special[case] if case in special else [("Authorization", TOKENS[case](world.forger))]
    assert_problem(world, world.send(operation, authorization=authorization), 401)


def has_such_a_field(operation: Described, case: str) -> bool:
    """A surrogate is read as text only in a field that may be there."""
    return with_body(operation, case) and (
        case != "lone surrogate" or operation.text_field in operation.body["properties"]
    )


# A function gets its event as JSON text: API Gateway has replaced what is not UTF-8.
@table(bodies(), has_such_a_field, HAVE_BODIES)
def test_a_malformed_body_is_refused(world: World, operation: Described, case: str):
    body, status = bodies(operation.text_field)[case]
    assert_problem(world, world.send(operation, body=body), status)


LARGE = {
    "over the app's limit": MEBIBYTE + 1,
    "over Lambda's 6 MB": 6 * MEBIBYTE + 1,
    "over the gateway's 10 MB": 11 * MEBIBYTE,
}


@table(LARGE, with_body, HAVE_BODIES)
def test_a_large_body_is_refused(world: World, operation: Described, case: str):
    body = b'{"title": "' + b"x" * LARGE[case] + b'"}'
    assert_problem(world, world.send(operation, body=body), 413)


@cache
def gzip_bomb() -> bytes:
    return gzip.compress(b'{"title": "' + b"x" * (64 * MEBIBYTE) + b'"}')


CODINGS: dict[str, tuple[str, Callable[[], bytes], tuple[int, ...]]] = {
    "not gzip": ("gzip", lambda: b"{}", (400, 415)),
    "unknown coding": ("br", lambda: b"{}", (415,)),
    "gzip bomb": ("gzip", gzip_bomb, (413,)),
}


@table(CODINGS, with_body, HAVE_BODIES)
def test_a_compressed_body_has_the_same_limit(world: World, operation: Described, case: str):
    coding, body, statuses = CODINGS[case]
    assert_problem(world, world.send(operation, body=body(), headers=[("Content-Encoding", coding)]), *statuses)


@table(["text/plain", "application/x-www-form-urlencoded", "application/xml", "x"], with_body, HAVE_BODIES)
def test_another_content_type_is_refused(world: World, operation: Described, case: str):
    if case not in operation.content_types:
        assert_problem(world, world.send(operation, content_type=case), 415)


@table(
    ["x=1", "limit=1&nothing", "%00=1", "__proto__=1"],
    lambda operation, _: not operation.ignores_unknown_parameters,
)
def test_an_unknown_parameter_is_refused(world: World, operation: Described, case: str):
    assert_problem(world, world.send(operation, query=f"?{case}"), 400)
