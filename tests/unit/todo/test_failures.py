"""Responses when AWS or our own code fails: no stack trace, and whether to try again."""

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from chalicelib.todo.accounts.account_table import AccountTable
from chalicelib.todo.todos.model import NewTodo, new_todo
from chalicelib.todo.todos.todo_table import TodoTable

from common.aws import clients
from common.aws.backoff import ATTEMPTS
from common.errors import Busy
from deploy.apps import find_apps
from tests.apps import ROOT
from tests.unit.stage import REGION
from tests.unit.todo.stage import Stage
from tests.unit.todo.test_todo_rules import NOW


@pytest.fixture
def broken(todo_app: Stage):
    """Let the next call to DynamoDB end with an error."""
    events = clients.raw_dynamodb(REGION).meta.events
    error: list[Exception] = []

    def fail(**_: Any) -> None:
        raise error[0]

    def install(raised: Exception) -> Stage:
        error.append(raised)
        events.register("before-call", fail, unique_id="broken")
        return todo_app

    yield install
    events.unregister("before-call", unique_id="broken")


def test_the_response_to_an_unexpected_error_has_only_the_request_id(broken: Any, capsys: pytest.CaptureFixture[str]):
    stage = broken(RuntimeError("the table is todos of alice@example.com"))
    response = stage.call("GET", "/todos")
    assert response.status == 500
    assert response.headers["access-control-allow-origin"] == "*"
    assert set(response.json) == {"type", "title", "status", "requestId"}
    assert response.json["requestId"]


def test_a_service_that_does_not_respond_is_a_503(broken: Any):
    response = broken(ReadTimeoutError(endpoint_url="https://dynamodb")).call("GET", "/todos")
    assert (response.status, response.headers["retry-after"]) == (503, "1")


def test_a_client_comes_back_when_the_cache_has_forgotten_that_a_service_does_not_respond(broken: Any):
    response = broken(ReadTimeoutError(endpoint_url="https://dynamodb")).call("GET", "/changes")
    cache = find_apps(ROOT, "todo_app")[0].stage("local").api.cache
    assert cache is not None
    assert response.headers["retry-after"] == str(cache.methods["GET /changes"].ttl_seconds)


class Cancelled(Exception):
    """What botocore raises for a cancelled transaction."""

    def __init__(self, *codes: str) -> None:
        super().__init__()
        self.response = {"CancellationReasons": [{"Code": code} for code in codes]}


class Conflict(Exception):
    """What botocore raises for another write that meets a transaction."""


class Client:
    """A DynamoDB client whose transactions are cancelled some times."""

    class exceptions:  # noqa: N801 - botocore's name
        TransactionCanceledException = Cancelled
        TransactionConflictException = Conflict

    def __init__(self, *outcomes: Exception) -> None:
        self.outcomes = list(outcomes)
        self.tried = 0

    def transact_write_items(self, **_: Any) -> None:
        self.tried += 1
        if self.outcomes:
            raise self.outcomes.pop(0)

    update_item = transact_write_items

    def get_item(self, **_: Any) -> dict[str, bytes]:
        return {"raw": b'{"Item": {"version": {"N": "7"}}}'}


def add(client: Client, slept: list[float]) -> None:
    TodoTable(lambda: client, "todos", slept.append).add("alice", new_todo(NewTodo(title="x"), NOW), None, 0)


def test_a_collision_with_another_transaction_is_tried_again():
    client = Client(
        Cancelled("None", "None", "TransactionConflict"),
        Cancelled("TransactionConflict", "None", "None"),
        # Another change has increased the version since it was read.
        Cancelled("None", "None", "ConditionalCheckFailed"),
    )
    slept: list[float] = []
    add(client, slept)
    assert (client.tried, len(slept)) == (4, 3)


def test_too_many_collisions_are_busy():
    client = Client(*[Cancelled("None", "None", "TransactionConflict")] * 100)
    slept: list[float] = []
    with pytest.raises(Busy):
        add(client, slept)
    assert client.tried == ATTEMPTS
    # The API's function has 29 seconds.
    assert sum(slept) < 10


def test_a_change_that_collided_is_not_repeated_with_the_old_version():
    client = Client(Cancelled("TransactionConflict", "None", "None"))
    old = new_todo(NewTodo(title="x"), NOW)
    assert not TodoTable(lambda: client, "todos").replace("alice", old, old)
    assert client.tried == 1


def test_our_own_mistakes_are_not_tried_again():
    client = Client(Cancelled("ValidationError", "None", "None"))
    with pytest.raises(Cancelled):
        add(client, [])
    assert client.tried == 1


def test_an_account_is_marked_as_deleted_between_changes_of_its_list():
    client = Client(Conflict(), Conflict())
    AccountTable(lambda: client, "todos", lambda _: None).mark_deleted("alice", 1)
    assert client.tried == 3


def test_an_account_whose_list_changes_all_the_time_is_busy():
    client = Client(*[Conflict()] * ATTEMPTS)
    with pytest.raises(Busy):
        AccountTable(lambda: client, "todos", lambda _: None).mark_deleted("alice", 1)
