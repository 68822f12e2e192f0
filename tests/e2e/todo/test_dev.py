"""`dev` of todo_app beside its stage verifies tokens itself."""

import pytest
import requests

from local_aws.testing import wait_until
from tests.e2e.dev_server import answer_of, dev_server
from tests.e2e.todo.dax_counts import counts, has_cluster


@pytest.fixture
def todo(stage):
    with dev_server(stage, "todo_app") as url:
        answer_of(f"{url}/config", lambda response: response.ok)
        yield url


def test_tokens_are_verified_in_dev_too(stage, todo):
    token = stage.token("todo_app", "alice")
    forged = f"{token[:-4]}AAAA"
    for headers in ({}, {"Authorization": forged}, {"Authorization": "nonsense"}):
        assert requests.get(f"{todo}/todos", headers=headers).status_code == 401
    add = lambda: requests.post(f"{todo}/todos", json={"title": "in dev"}, headers={"Authorization": token})  # noqa: E731
    made = add()
    assert made.status_code == 201, made.text
    assert made.json()["url"].startswith(todo)
    assert requests.get(made.json()["url"], headers={"Authorization": token}).json()["title"] == "in dev"
    assert "request route=POST /todos status=201" in (stage.root / "dev-todo_app.log").read_text()
    if has_cluster(stage):
        before = counts(stage)["requests"]
        wait_until(lambda: add().ok and counts(stage)["requests"], "a write through DAX", lambda sent: sent > before)
