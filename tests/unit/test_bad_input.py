"""Invalid input to every operation of every app's contract, in one process."""

import base64
import hmac
import importlib
import json
import time
from contextlib import ExitStack
from typing import Any

import pytest

from tests.apps import apps_with_tests, put_on_path
from tests.bad_input import bodies
from tests.contract import JSON, Described, operations, wrong_values
from tests.unit.stage import Response, emptied, in_moto, pool_key, token

APPS = {app.key: app.name for app in apps_with_tests()}


class World:
    """An app in one process, with one thing for each parameter of a path."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self.values: dict[str, str] = stage.path_values()

    def token(self, **claims: Any) -> str:
        """The ID token of a user who may call every operation."""
        return token(**{"sub": "alice", "cognito:groups": list(self.stage.groups), **claims})

    def send(self, operation: Described, query: str = "", **request: Any) -> Response:
        """Send a valid request, except for `body` (bytes), `headers`, `authorization` and path `values`."""
        path, query = operation.path, query or operation.required_query
        for name, value in {**self.values, **request.pop("values", {})}.items():
            path = path.replace(f"{{{name}}}", value)
        example = json.dumps(self._example(operation)).encode() if operation.body else b""
        body, headers = request.pop("body", example), request.pop("headers", {})
        authorization = request.pop("authorization", "" if operation.is_public else self.token())
        assert not request
        sent = {"Authorization": authorization} if authorization is not None and not operation.is_public else {}
        sent |= ({"Content-Type": JSON} if operation.body else {}) | headers
        return Response(self.stage.client.http.request(operation.method, path + query, headers=sent, body=body))

    def _example(self, operation: Described) -> Any:
        """The contract's example, with the photo that exists."""
        photo = {"coverPhotoId": self.values["photo_id"]} if "coverPhotoId" in operation.example else {}
        return {**operation.example, **photo}


def table(cases: Any, applies: Any = lambda *_: True, apps: Any = APPS) -> Any:
    """Return each case with each operation of `apps` to which it applies; the ids name app, operation and case."""
    rows = [
        pytest.param(app, operation, case, id=f"{app}-{operation}-{str(case)[:40]}")
        for app in apps
        for operation in operations(app)
        for case in cases
        if applies(operation, case)
    ]
    assert {row.values[0] for row in rows} == set(apps)
    return pytest.mark.parametrize(("app", "operation", "case"), rows)


HAVE_BODIES = [app for app in APPS if any(one.body for one in operations(app))]


class Running:
    """The app whose tests run; it is started for the first of them."""

    def __init__(self) -> None:
        self._context = ExitStack()
        self._app = ""

    def world(self, app: str) -> World:
        if app != self._app:
            self.stop()
            put_on_path(app)
            # Each app's unit tests have this module: its environment, and how it starts.
            made = importlib.import_module(f"tests.unit.{APPS[app]}.stage")
            self._stage = self._context.enter_context(in_moto(made.ENVIRONMENT, made.start))
            self._world, self._app = World(emptied(self._stage)), app
        return self._world

    def fresh_world(self, app: str) -> World:
        self.world(app)
        self._world = World(emptied(self._stage))
        return self._world

    def stop(self) -> None:
        self._context.close()
        self._app = ""


@pytest.fixture(scope="module")
def running():
    apps = Running()
    yield apps
    apps.stop()


@pytest.fixture
def world(running: Running, app: str) -> World:
    """The app for requests that are refused, and so change nothing."""
    return running.world(app)


@pytest.fixture
def fresh_world(running: Running, app: str) -> World:
    """The app with empty resources, for a request that is accepted."""
    return running.fresh_world(app)


def assert_problem(response: Response, *statuses: int) -> None:
    """Check a problem response: it has CORS headers and no internal details."""
    assert response.status in statuses, (response.status, response.body)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    problem = response.json
    assert problem["status"] == response.status
    assert problem["title"]
    assert problem["type"].startswith("tag:")
    ours = ("Traceback", "File ", "todos#", "post#", "msgspec", "dynamodb")
    assert [word for word in ours if word in response.body.decode()] == []


def with_body(operation: Described, _: object = None) -> bool:
    return bool(operation.body)


def is_protected(operation: Described, _: object = None) -> bool:
    return not operation.is_public


# ---- tokens ----------------------------------------------------------------------------------------------------------


def forged(secret: bytes = b"", **header: str) -> str:
    """A token with any header, signed with a shared secret."""
    head = encoded(json.dumps({"kid": "one", **header}).encode())
    signed = f"{head}.{token().split('.')[1]}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


TOKENS = {
    "none": lambda _: None,
    "empty": lambda _: "",
    "scheme only": lambda _: "Bearer ",
    "not a token": lambda _: "letmein",
    "two parts": lambda world: ".".join(world.token().split(".")[:2]),
    "not base64": lambda _: "a.b.c",
    "dots": lambda _: "..",
    "not ASCII": lambda _: "é.é.é",
    "very long": lambda _: "a" * 100_000,
    "basic": lambda _: "Basic YWxpY2U6eA==",
    "doubled": lambda world: f"{world.token()}, {world.token()}",
    "two in one": lambda world: f"{world.token()} {world.token()}",
    "expired": lambda world: world.token(exp=int(time.time()) - 1),
    "without expiry": lambda world: world.token(exp=None),
    "expiry is a text": lambda world: world.token(exp="tomorrow"),
    "signed by another": lambda world: world.token(key=pool_key("another pool")),
    "unsigned": lambda _: forged(alg="none").rpartition(".")[0] + ".",
    "empty key id": lambda _: forged(alg="RS256", kid=""),
    "unknown key id": lambda _: forged(alg="RS256", kid="two"),
    "public key as a shared secret": lambda _: forged(pool_key().as_pem(private=False), alg="HS256"),
    "access token": lambda world: world.token(token_use="access"),
    "of another pool": lambda world: world.token(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other"),
    "of another client": lambda world: world.token(aud="other"),
    "for nobody": lambda world: world.token(sub=""),
    "edited": lambda world: world.token()[:-5] + "AAAAA",
}


@table(TOKENS, is_protected)
def test_a_bad_token_is_refused(world: World, operation: Described, case: str):
    response = world.send(operation, authorization=TOKENS[case](world))
    assert_problem(response, 401)
    assert response.headers["www-authenticate"] == "Bearer"


@table(["{}", "Bearer {}", "bearer  {}"], lambda operation, _: is_protected(operation) and operation.method == "GET")
def test_a_token_can_follow_its_scheme(world: World, operation: Described, case: str):
    assert world.send(operation, authorization=case.format(world.token())).status == 200


# ---- bodies ----------------------------------------------------------------------------------------------------------


def has_such_a_field(operation: Described, case: str) -> bool:
    """A surrogate is read as text only in a field that may be there."""
    return with_body(operation) and (case != "lone surrogate" or operation.text_field in operation.body["properties"])


@table(bodies(), has_such_a_field, HAVE_BODIES)
def test_a_malformed_body_is_refused(world: World, operation: Described, case: str):
    body, status = bodies(operation.text_field)[case]
    assert_problem(world.send(operation, body=body), status)


@table(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "x"], with_body, HAVE_BODIES)
def test_another_content_type_is_refused(world: World, operation: Described, case: str):
    if case not in operation.content_types:
        assert_problem(world.send(operation, headers={"Content-Type": case}), 415)


@table(
    ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json", ""], with_body, HAVE_BODIES
)
def test_every_content_type_of_json_is_accepted(fresh_world: World, operation: Described, case: str):
    assert fresh_world.send(operation, headers={"Content-Type": case}).status in (200, 201, 202)


WRONG_FIELDS = [
    (app, operation, field, name, value)
    for app in APPS
    for operation in operations(app)
    for field, schema in [*operation.body.get("properties", {}).items(), *[("__proto__", {}), ("colour\n\x00é", {})]]
    for name, value in wrong_values(schema)
    if operation.body
]


@pytest.mark.parametrize(
    ("app", "operation", "field", "value"),
    [
        pytest.param(app, operation, field, value, id=f"{app}-{operation}-{field!a}-{name}")
        for app, operation, field, name, value in WRONG_FIELDS
    ],
)
def test_a_wrong_field_is_named(world: World, operation: Described, field: str, value: Any):
    response = world.send(operation, body=json.dumps({**operation.example, field: value}).encode())
    assert_problem(response, 422)
    assert response.field.split("[")[0] == field.encode("ascii", "backslashreplace").decode()


# ---- addresses, parameters, headers ----------------------------------------------------------------------------------

IDS = ["x", "0" * 28, "0" * 5000, "%00", "..", "version", "a%23", "é", "A" * 28]


@table(IDS, lambda operation, _: "{" in operation.path)
def test_an_invalid_id_is_not_found(world: World, operation: Described, case: str):
    wrong = dict.fromkeys(world.values, case)
    assert_problem(world.send(operation, values=wrong), 404)


@table(
    ["x=1", "limit=1&nothing", "%00=1", "__proto__=1"],
    lambda operation, _: not operation.ignores_unknown_parameters,
)
def test_an_unknown_parameter_is_refused(world: World, operation: Described, case: str):
    assert_problem(world.send(operation, query=f"?{case}"), 400)


ETAGS = ["x", '"', '"a" "b"', "*, *", '"' + "x" * 5000 + '"', "W/", '"é']
CONDITIONS = [(name, value) for name in ("If-Match", "If-None-Match") for value in ETAGS]


HAVE_CONDITIONS = [app for app in APPS if any(one.takes("header", "If-Match") for one in operations(app))]


@table(CONDITIONS, lambda operation, case: operation.takes("header", case[0]), apps=HAVE_CONDITIONS)
def test_a_malformed_condition_is_refused(world: World, operation: Described, case: tuple[str, str]):
    name, value = case
    response = world.send(operation, headers={name: value})
    assert_problem(response, 400)
    assert response.field == name


@table(["", "x", "%00", "%C3%A9", "AAAA" * 300], lambda operation, _: operation.takes("query", "cursor"))
def test_a_cursor_that_the_api_did_not_issue_is_refused(world: World, operation: Described, case: str):
    response = world.send(operation, query=f"?cursor={case}")
    assert_problem(response, 400)
    assert response.field == "cursor"
