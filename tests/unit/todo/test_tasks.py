"""Operators' commands, as the deploy tool calls them."""

import importlib.util
import os
from types import SimpleNamespace
from typing import Any

import pytest

from tests.apps import ROOT
from tests.unit.aws import aws_client
from tests.unit.todo.stage import Stage


@pytest.fixture
def seed(todo_app: Stage):
    """Run the seed task."""
    spec = importlib.util.spec_from_file_location("todo_app_tasks", ROOT / "todo_app" / "tasks.py")
    assert spec is not None
    assert spec.loader is not None
    tasks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tasks)
    outputs = {"UserPoolId": todo_app.pool_id, "TableName": os.environ["TABLE_NAME"]}
    return lambda: tasks.seed(SimpleNamespace(client=aws_client, outputs=outputs))


def sub(todo_app: Stage, username: str) -> str:
    user: Any = aws_client("cognito-idp").admin_get_user(UserPoolId=todo_app.pool_id, Username=username)
    return str(next(pair["Value"] for pair in user["UserAttributes"] if pair["Name"] == "sub"))


def test_a_user_without_todos_gets_some_that_work_like_any_other(todo_app: Stage, seed: Any):
    todo_app.sign_up("alice")
    seed()
    user = sub(todo_app, "alice")
    seeded = todo_app.call("GET", "/todos", user=user).json
    assert len(seeded) == 3
    assert todo_app.call("PATCH", todo_app.path(seeded[1]), {"completed": True}, user=user).status == 200


def test_seeding_again_changes_nothing(todo_app: Stage, seed: Any):
    todo_app.sign_up("alice")
    seed()
    user = sub(todo_app, "alice")
    todo_app.call("DELETE", "/todos", user=user)
    mine = todo_app.add(user=user)
    seed()
    assert todo_app.call("GET", "/todos", user=user).json == [mine]
