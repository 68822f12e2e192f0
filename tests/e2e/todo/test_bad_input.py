"""Invalid input that only todo_app refuses; tests/e2e/test_bad_input.py has what every app refuses."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.bad_input import FIELDS
from tests.e2e.local_stage import ROOT, LocalStage
from tests.e2e.raw_http import RawResponse, send
from tests.e2e.todo.user import APP, TodoUser

JSON = ("Content-Type", "application/json")
SECRET = "bob's secret"


@dataclass(frozen=True)
class Operation:
    """One operation of the contract: its parameters and its body."""

    method: str
    path: str
    parameters: frozenset[str]
    has_body: bool
    is_public: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def contract() -> list[Operation]:
    paths = json.loads((ROOT / APP / "openapi.json").read_text())["paths"]
    return [
        Operation(
            method.upper(),
            path,
            frozenset(parameter["name"] for parameter in described.get("parameters", [])),
            "requestBody" in described,
            described.get("security") == [],
        )
        for path, methods in paths.items()
        for method, described in methods.items()
    ]


OPERATIONS = contract()


class World:
    """Two users with to-dos; one of them sends the requests."""

    def __init__(self, stage: LocalStage) -> None:
        self.alice, self.bob = (TodoUser(stage).sign_up().sign_in() for _ in range(2))
        self.todo = _id(self.alice.add("one"))
        self.alice.add("two")
        self.bobs_todo = _id(self.bob.add(SECRET))
        self.bob.add("another")
        self.cursor, self.bobs_cursor = _cursor(self.alice), _cursor(self.bob)
        self.names = [value for name, value in stage.outputs(APP).items() if name.endswith(("Name", "Arn"))]

    def send(self, operation: Operation, query: str = "", todo: str | None = None, **request: Any) -> RawResponse:
        """Send a valid request, except for the arguments."""
        target = operation.path.replace("{todo_id}", self.todo if todo is None else todo)
        headers = request.pop("headers", ())
        token = [("Authorization", self.alice.id_token)]
        body = request.pop("body", b'{"title": "x"}' if operation.has_body else None)
        content_type = [JSON] if operation.has_body else []
        assert not request
        sent = [*([] if operation.is_public else token), *content_type, *headers]
        return send(self.alice.api_url, operation.method, target + query, sent, body)


@pytest.fixture(scope="module")
def world(stage: LocalStage):
    return World(stage)


def assert_problem(world: World, response: RawResponse, *statuses: int) -> None:
    """Check a problem response: it has CORS headers, no internal details and no other user's data."""
    assert response.status in statuses, (response.status, response.body[:500])
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.json["title"]
    assert response.json["requestId"]
    text = response.body.decode()
    private = ("Traceback", 'File "', "msgspec", "botocore", "dynamodb", SECRET, *world.names)
    assert [word for word in private if word in text] == []


def table(cases: Any, applies: Callable[[Operation, Any], bool] = lambda *_: True) -> Any:
    """Return each case with each operation to which it applies; the ids name both."""
    pairs = [(operation, case) for operation in OPERATIONS for case in cases if applies(operation, case)]
    assert pairs
    return pytest.mark.parametrize(("operation", "case"), pairs, ids=lambda value: str(value)[:60])


def takes_todo(operation: Operation, _: object) -> bool:
    """Whether the body is a to-do; tests/unit/todo/test_sync.py has the changes of `POST /changes`."""
    return operation.has_body and operation.path.startswith("/todos")


def named(operation: Operation, case: tuple[str, str]) -> bool:
    """Whether the operation has the case's parameter."""
    return case[0] in operation.parameters


@table(FIELDS, takes_todo)
def test_a_wrong_field_is_named(world: World, operation: Operation, case: tuple[str, object]):
    field, value = case
    response = world.send(operation, body=json.dumps({"title": "x", field: value}).encode())
    assert_problem(world, response, 422)
    assert response.json["errors"][0]["field"].split("[")[0] == field.encode("ascii", "backslashreplace").decode()


IDS = {
    "missing": lambda _: "0" * 28,
    "another user's": lambda world: world.bobs_todo,
    "over-long": lambda _: "0" * 4000,
    "upper case": lambda world: world.todo.upper().replace("0", "A"),
    "encoded slash": lambda world: f"{world.todo}%2F",
    "encoded NUL": lambda world: f"{world.todo}%00",
    "line feed": lambda world: f"{world.todo}%0A",
    "percent": lambda _: "%25",
    "not UTF-8": lambda _: "%FF",
    "dot segments": lambda world: f"../todos/{world.todo}/x",
    "encoded dot segments": lambda _: "%2e%2e%2ftodos",
    "a key of the table": lambda _: "version",
}


@table(IDS, lambda operation, _: "{todo_id}" in operation.path)
def test_an_id_that_no_todo_of_the_user_has_is_not_found(world: World, operation: Operation, case: str):
    assert_problem(world, world.send(operation, todo=IDS[case](world)), 404)


@table(["another user's"], lambda operation, _: "{todo_id}" in operation.path)
def test_the_response_for_another_users_todo_equals_that_for_a_missing_one(
    world: World, operation: Operation, case: str
):
    responses = [world.send(operation, todo=IDS[name](world)).json for name in (case, "missing")]
    theirs, missing = ({**response, "requestId": ""} for response in responses)
    assert theirs == missing


QUERIES = {
    "limit": ["", "0", "-1", "abc", "1001", "1e3", "1.0", "null", "9" * 400, "%00", "1&limit=2"],
    "completed": ["", "yes", "null", "True", "1", "true&completed=true"],
    "since": ["", "-1", "x", "1e3", "1.0", "1000000000000", "9" * 400, "%00", "1&since=2"],
    "atLeast": ["", "-1", "x", "1000000000000"],
    "tag": ["", "x" * 51, "%00", "a%0A", "%7F"],
    "dueBefore": ["", "tomorrow", "2026-02-30", "2026-12-24T25:00:00Z", "0000-01-01"],
    "cursor": ["", "x", "%00", "é", "AAAA" * 300, "{edited}", "{cut}", "{padded}", "{bobs}", "{own}&completed=true"],
}
PAIRS = [(name, text) for name, texts in QUERIES.items() for text in texts]


@table(PAIRS, named)
def test_a_wrong_parameter_is_named(world: World, operation: Operation, case: tuple[str, str]):
    name, text = case
    own = world.cursor
    edited = own[:-8] + ("A" if own[-8] != "A" else "B") + own[-7:]
    made = text.format(edited=edited, cut=own[:-4], padded=own + "%3D", bobs=world.bobs_cursor, own=own)
    response = world.send(operation, query=f"?{name}={quote(made, safe='%&=')}")
    assert_problem(world, response, 400)
    assert response.json["errors"][0]["field"] == name


def test_every_parameter_of_the_contract_has_its_wrong_values():
    in_queries = {name for operation in OPERATIONS for name in operation.parameters} - HEADERS.keys() - {"todo_id"}
    assert in_queries == QUERIES.keys()


ETAGS = ["x", "1.1", '"', '"a" "b"', "*, *", '"a",', '"' + "x" * 4096 + '"', "W/", "é"]
HEADERS = {"If-Match": ETAGS, "If-None-Match": ETAGS, "Idempotency-Key": ["", "a b", "x" * 256, "é", "\x7f"]}


@table([(name, text) for name, texts in HEADERS.items() for text in texts], named)
def test_a_wrong_header_is_named(world: World, operation: Operation, case: tuple[str, str]):
    name, text = case
    response = world.send(operation, headers=[(name, text)])
    assert_problem(world, response, 400)
    assert response.json["errors"][0]["field"] == name


def test_refused_requests_have_changed_nothing(world: World):
    assert world.alice.titles() == ["one", "two"]
    assert world.bob.titles() == [SECRET, "another"]


def _id(todo: dict[str, Any]) -> str:
    return str(todo["url"].rpartition("/")[2])


def _cursor(user: TodoUser) -> str:
    next_url = user.call("GET", "/todos?limit=1").links["next"]["url"]
    return parse_qs(urlsplit(next_url).query)["cursor"][0]
