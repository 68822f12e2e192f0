"""Account deletion through its route and its function, on moto."""

import json
import logging

import pytest
from chalicelib.todo.accounts.account_table import BATCH_SIZE

from tests.unit.aws import aws_client
from tests.unit.todo.stage import Stage


def ask(todo_app: Stage, todos: int) -> dict[str, str]:
    """Give Alice to-dos and a user, and request the deletion; returns the message in the queue."""
    todo_app.sign_up("alice")
    for number in range(todos):
        todo_app.add(str(number))
    todo_app.call("POST", "/todos", {"title": "x"}, Idempotency_Key="k")
    todo_app.add(user="bob")
    assert todo_app.call("DELETE", "/account").status == 202
    return todo_app.messages()[0]


def test_a_deleted_account_refuses_changes(todo_app: Stage):
    ask(todo_app, todos=1)
    for call in (
        ("POST", "/todos", {"title": "x"}),
        ("DELETE", "/todos"),
        ("GET", "/todos"),
    ):
        response = todo_app.call(*call)
        assert (response.status, response.json["title"]) == (410, "The account is deleted")
    assert todo_app.call("POST", "/todos", {"title": "x"}, user="bob").status == 201


def test_a_repeated_request_is_accepted(todo_app: Stage):
    ask(todo_app, todos=1)
    assert todo_app.call("DELETE", "/account").status == 202
    assert todo_app.messages() == []


def test_the_function_deletes_todos_files_and_user(todo_app: Stage):
    asked = ask(todo_app, todos=2 * BATCH_SIZE)
    s3 = aws_client("s3")
    for key in (f"{asked['identity_id']}/a", f"{asked['identity_id']}/b/c", f"{asked['identity_id']}-not/d"):
        s3.put_object(Bucket="files", Key=key)
    assert todo_app.deliver(asked) == {"batchItemFailures": []}
    assert todo_app.keys("alice") == ["version"]
    assert [key.partition("#")[0] for key in todo_app.keys("bob")] == ["change", "todo", "version"]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="files")["Contents"]] == [f"{asked['identity_id']}-not/d"]
    pool = aws_client("cognito-idp")
    with pytest.raises(pool.exceptions.UserNotFoundException):
        pool.admin_get_user(UserPoolId=todo_app.pool_id, Username="alice")
    # Once more, as SQS may deliver it.
    assert todo_app.deliver(asked) == {"batchItemFailures": []}


@pytest.mark.parametrize("body", ["not JSON", "{}", '{"owner": 1, "username": "", "identity_id": ""}'])
def test_an_invalid_message_fails_alone_with_a_reason(todo_app: Stage, caplog: pytest.LogCaptureFixture, body: str):
    logging.getLogger("todo").propagate = True
    response = todo_app.deliver(body)
    logging.getLogger("todo").propagate = False
    assert len(response["batchItemFailures"]) == 1
    assert caplog.records[-1].exc_info is not None


def test_an_empty_identity_deletes_no_files(todo_app: Stage):
    aws_client("s3").put_object(Bucket="files", Key="someone/file")
    response = todo_app.deliver(json.dumps({"owner": "alice", "username": "alice", "identity_id": ""}))
    assert len(response["batchItemFailures"]) == 1
    assert aws_client("s3").list_objects_v2(Bucket="files")["KeyCount"] == 1
