"""The files of deleted to-dos: how their folder becomes known, and the function of the table's stream, on moto."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from common.aws import clients
from common.values import new_id
from tests.unit.aws import aws_client
from tests.unit.stage import REGION
from tests.unit.todo.stage import Stage
from tests.unit.todo.test_todo_rules import NOW

TODO = new_id(NOW)
FOLDER = "us-east-1:00000000-1111-2222-3333-444444444444"


@contextmanager
def aws_calls(client: Any, error: Exception | None = None) -> Iterator[list[Any]]:
    """Collect the operations that the app calls, with their parameters; with an error, they fail."""
    calls: list[Any] = []

    def note(model: Any, params: Any, **_: Any) -> None:
        calls.append((model.name, params))
        if error:
            raise error

    client.meta.events.register("before-parameter-build", note, unique_id="note")
    yield calls
    client.meta.events.unregister("before-parameter-build", unique_id="note")


def identities() -> Any:
    return clients.public_client("cognito-identity", REGION)


def record(key: str = f"todo#{TODO}", owner: str = "alice", number: int = 1) -> dict[str, Any]:
    keys = {"owner": {"S": owner}, "key": {"S": key}}
    return {"eventName": "REMOVE", "dynamodb": {"Keys": keys, "SequenceNumber": str(number)}}


def remember(owner: str = "alice", **attributes: Any) -> None:
    item = {"owner": {"S": owner}, "key": {"S": "version"}, "version": {"N": "1"}, **attributes}
    aws_client("dynamodb").put_item(TableName="todos", Item=item)


def put(*keys: str) -> None:
    for key in keys:
        aws_client("s3").put_object(Bucket="files", Key=key)


def files() -> set[str]:
    return {item["Key"] for item in aws_client("s3").list_objects_v2(Bucket="files").get("Contents", [])}


@pytest.fixture
def folder(todo_app: Stage) -> str:
    """Alice's folder, which is known."""
    remember(identityId={"S": FOLDER})
    return FOLDER


# ---- the request that deletes -------------------------------------------------------------------------------------


def test_the_first_deletion_of_an_account_asks_for_its_identity_with_the_users_token(todo_app: Stage):
    paths = [todo_app.path(todo_app.add()) for _ in range(3)]
    with aws_calls(identities()) as calls:
        for path in paths[:2]:
            assert todo_app.call("DELETE", path).status == 204
        assert todo_app.call("DELETE", "/todos").status == 204
    assert [name for name, _ in calls] == ["GetId"]
    assert list(calls[0][1]["Logins"]) == [f"cognito-idp.us-east-1.amazonaws.com/{todo_app.pool_id}"]
    item = aws_client("dynamodb").get_item(TableName="todos", Key=record("version")["dynamodb"]["Keys"])["Item"]
    assert item["identityId"]["S"].startswith("us-east-1:")
    # Three additions and two deletions, for the last one deletes the one that is left.
    assert item["version"] == {"N": "6"}


def test_a_deletion_reads_the_version_item_once(todo_app: Stage, folder: str):
    path = todo_app.path(todo_app.add())
    with todo_app.aws_calls() as calls:
        assert todo_app.call("DELETE", path).status == 204
    assert calls == ["GetItem", "GetItem", "TransactWriteItems"]
    todo_app.add()
    with todo_app.aws_calls() as calls:
        assert todo_app.call("DELETE", "/todos").status == 204
    assert calls == ["GetItem", "Query", "TransactWriteItems", "Query"]


def test_a_device_that_sends_deletions_makes_the_folder_known(todo_app: Stage):
    create = {"op": "create", "key": "1", "id": TODO, "todo": {"title": "x"}}
    with aws_calls(identities()) as calls:
        todo_app.call("POST", "/changes", {"changes": [create]})
        assert calls == []
        todo_app.call("POST", "/changes", {"changes": [{"op": "delete", "key": "2", "id": TODO}]})
    assert len(calls) == 1
    assert todo_app.call("GET", "/todos").json == []


def test_nothing_is_deleted_while_cognito_does_not_respond(todo_app: Stage):
    path = todo_app.path(todo_app.add())
    deletion = {"changes": [{"op": "delete", "key": "1", "id": path.rpartition("/")[2]}]}
    with aws_calls(identities(), ReadTimeoutError(endpoint_url="https://cognito")):
        responses = [
            todo_app.call("DELETE", path),
            todo_app.call("DELETE", "/todos"),
            todo_app.call("POST", "/changes", deletion),
        ]
    assert [response.status for response in responses] == [503] * 3
    assert todo_app.call("GET", path).status == 200
    assert todo_app.call("DELETE", path).status == 204


def test_a_user_who_has_signed_out_is_told_to_sign_in_and_not_that_the_account_is_deleted(todo_app: Stage):
    path = todo_app.path(todo_app.add())
    refused = identities().exceptions.NotAuthorizedException({"Error": {"Code": "NotAuthorizedException"}}, "GetId")
    for method, at in (("DELETE", path), ("DELETE", "/account")):
        with aws_calls(identities(), refused):
            response = todo_app.call(method, at)
        assert (response.status, response.headers["www-authenticate"]) == (401, "Bearer")
    assert todo_app.call("GET", path).status == 200


def test_a_record_of_a_todo_that_is_not_deleted_deletes_no_file(todo_app: Stage, folder: str):
    put(f"{folder}/todos/{TODO}/a.txt")
    assert todo_app.deliver_records({**record(), "eventName": "MODIFY"}) == {"batchItemFailures": []}
    assert files() == {f"{folder}/todos/{TODO}/a.txt"}
    assert "not deleted" in todo_app.dead_letters()[0]["reason"]


# ---- the function of the stream -----------------------------------------------------------------------------------


def test_the_files_of_a_deleted_todo_are_deleted(todo_app: Stage, folder: str):
    long = f"{folder}/todos/{TODO}/"
    put(long + "a.jpg", long + "b/c.jpg", long + "x" * (1024 - len(long)), long + "../../../escape", long + "ä∕%2F+ ")
    # XML has no such characters, or reads another one in their place.
    put(*(f"{long}{character}.txt" for character in "\x01\r\n\t\x7f\ufffe"))
    assert todo_app.deliver_records(record()) == {"batchItemFailures": []}
    assert files() == set()


def test_files_whose_keys_look_alike_stay(todo_app: Stage, folder: str):
    others = {
        f"{folder}/todos/{TODO}",
        f"{folder}/todos/{TODO}0/a",
        f"{folder}/todos/{TODO[:-1]}/a",
        f"{folder}/todos/{TODO.upper()}/a",
        f"{folder}/todos/{TODO}%2Fa",
        f"{folder}/todos/{TODO}\\a",
        f"{folder}/todos/{TODO}\u2215a",
        f"{folder}/todos/{TODO[:-1]}\uff10/a",
        f"{folder}/todos%2F{TODO}/a",
        f"{folder}/todos//{TODO}/a",
        f"{folder}/todos/../todos/{TODO}/a",
        f"{folder}/todos/./{TODO}/a",
        f"{folder}/Todos/{TODO}/a",
        f"{folder}/x/todos/{TODO}/a",
        f"/{folder}/todos/{TODO}/a",
        f"todos/{TODO}/a",
        f"{FOLDER[:-1]}5/todos/{TODO}/a",
        f"{FOLDER.upper()}/todos/{TODO}/a",
    }
    put(*others, f"{folder}/todos/{TODO}/a")
    todo_app.deliver_records(record())
    assert files() == others


def test_a_todo_without_files_costs_one_request_and_a_list_one_read(todo_app: Stage, folder: str):
    records = [record(f"todo#{new_id(NOW)}", number=number) for number in range(3)]
    with todo_app.aws_calls() as reads, aws_calls(clients.client("s3", REGION)) as calls:
        assert todo_app.deliver_records(*records) == {"batchItemFailures": []}
    assert reads == ["GetItem"]
    assert [name for name, _ in calls] == ["ListObjectsV2"] * 3


@pytest.mark.parametrize("attributes", [None, {"deletedAt": {"N": "1"}, "identityId": {"S": FOLDER}}])
def test_the_todos_of_a_deleted_account_need_nothing(todo_app: Stage, attributes: Any):
    if attributes:
        remember(**attributes)
    put(f"{FOLDER}/todos/{TODO}/a")
    with aws_calls(clients.client("s3", REGION)) as calls:
        assert todo_app.deliver_records(record()) == {"batchItemFailures": []}
    assert (calls, todo_app.dead_letters()) == ([], [])


def test_records_that_can_never_be_handled_become_dead_letters_and_do_not_stop_the_others(todo_app: Stage, folder: str):
    remember("bob")
    put(f"{folder}/todos/{TODO}/a", f"{folder}/todos//b")
    sort_keys = ["todo#", "todo#..", f"todo#{TODO.upper()}", f"todo#{TODO}/x", f"todo#{TODO}\n"]
    poison = [record(key, number=number) for number, key in enumerate(sort_keys)]
    response = todo_app.deliver_records(*poison, record(owner="bob", number=8), record(number=9))
    assert response == {"batchItemFailures": []}
    assert files() == {f"{folder}/todos//b"}
    letters = todo_app.dead_letters()
    assert [letter["sequenceNumber"] for letter in letters] == ["0", "1", "2", "3", "4", "8"]
    assert letters[-1]["keys"] == record(owner="bob")["dynamodb"]["Keys"]


def test_a_record_fails_alone_while_s3_does_not_respond(todo_app: Stage, folder: str):
    put(f"{folder}/todos/{TODO}/a")
    failing = clients.client("s3", REGION).meta.events
    error = ReadTimeoutError(endpoint_url="https://s3")
    failing.register("before-call.s3.DeleteObjects", lambda **_: _raise(error), unique_id="fail")
    try:
        response = todo_app.deliver_records(record(number=1), record(f"todo#{new_id(NOW)}", number=2))
    finally:
        failing.unregister("before-call.s3.DeleteObjects", unique_id="fail")
    assert response == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert todo_app.deliver_records(record()) == {"batchItemFailures": []}
    assert files() == set()


def test_files_that_could_not_be_deleted_are_tried_again(todo_app: Stage, folder: str):
    put(f"{folder}/todos/{TODO}/a")
    events = clients.client("s3", REGION).meta.events
    errors = [{"Key": "a", "Code": "InternalError"}]
    events.register("after-call.s3.DeleteObjects", lambda parsed, **_: parsed.update(Errors=errors), unique_id="fail")
    try:
        response = todo_app.deliver_records(record())
    finally:
        events.unregister("after-call.s3.DeleteObjects", unique_id="fail")
    assert response == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_more_files_than_a_call_has_time_for_are_deleted_by_the_next_calls(todo_app: Stage, folder: str):
    ids = [new_id(NOW), new_id(NOW)]
    put(*(f"{folder}/todos/{todo_id}/\x01{number}" for todo_id in ids for number in range(4)))
    records = [record(f"todo#{todo_id}", number=number) for number, todo_id in enumerate(ids)]
    left, calls = len(files()), 0
    while records:
        # The time runs out after a few questions.
        response = todo_app.deliver_records(*records, questions=4)
        failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
        records = [each for each in records if each["dynamodb"]["SequenceNumber"] in failed]
        calls += 1
        assert len(files()) < left or not files()
        left = len(files())
    assert left == 0
    assert calls > 2


def _raise(error: Exception) -> None:
    raise error
