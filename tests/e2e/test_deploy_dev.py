"""`dev`: Chalice's local server with the deployed settings and rights, and our own look at tokens."""

import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
import requests

from local_aws.testing import free_port
from tests.e2e.local_stage import ROOT


@contextmanager
def dev_server(stage, app, end=signal.SIGINT):
    port = free_port()
    with (stage.root / f"dev-{app}.log").open("ab") as log:
        process = subprocess.Popen(
            stage.command("dev", "--app", app, "--port", str(port)), cwd=ROOT, stdout=log, stderr=log
        )
    try:
        yield f"http://localhost:{port}/api"
    finally:
        process.send_signal(end)
        assert process.wait(30) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://localhost:{port}/api", timeout=10)


def answer_of(url, wanted, **arguments):
    """The first answer that is as wanted."""
    deadline = time.monotonic() + 60
    while True:
        try:
            answer = requests.get(url, timeout=10, **arguments)
            if wanted(answer) or time.monotonic() > deadline:
                return answer
        except requests.ConnectionError:
            assert time.monotonic() < deadline, f"{url} does not answer"
        time.sleep(0.1)


def test_it_serves_the_code_as_it_is_now(tiny):
    source = tiny.root / "tiny_app" / "app.py"
    before = source.read_text()
    with dev_server(tiny, "tiny_app") as url:
        answer = answer_of(f"{url}/greeting", lambda answer: answer.ok)
        assert answer.json() == {"greeting": "hello", "table": tiny.outputs("tiny_app")["TableName"]}
        assert requests.put(f"{url}/notes/from-dev", timeout=10).status_code == 200
        source.write_text(before.replace('GREETING = "hello"', 'GREETING = "reloaded"'))
        again = answer_of(f"{url}/greeting", lambda answer: answer.ok and answer.json()["greeting"] == "reloaded")
        assert again.json()["greeting"] == "reloaded"
    source.write_text(before)
    key = {"id": {"S": "from-dev"}}
    assert "Item" in tiny.client("dynamodb").get_item(TableName=tiny.outputs("tiny_app")["TableName"], Key=key)


def test_it_may_do_what_its_function_may_and_no_more(tiny):
    source = tiny.root / "tiny_app" / "app.py"
    before = source.read_text()
    source.write_text(before.replace("table.put_item(", 'table.delete_table(TableName="x") or table.put_item(', 1))
    try:
        with dev_server(tiny, "tiny_app") as url:
            answer_of(f"{url}/greeting", lambda answer: answer.ok)
            assert requests.put(f"{url}/notes/refused", timeout=10).status_code == 500
        assert "AccessDenied" in (tiny.root / "dev-tiny_app.log").read_text()
    finally:
        source.write_text(before)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_nothing_behind(tiny, end):
    with dev_server(tiny, "tiny_app", end) as url:
        assert answer_of(f"{url}/greeting", lambda answer: answer.ok).ok


@pytest.fixture
def todo(stage):
    with dev_server(stage, "todo_app") as url:
        answer_of(f"{url}/config", lambda answer: answer.ok)
        yield url


def test_tokens_are_looked_at_there_too(stage, todo):
    token = stage.token("todo_app", "alice")
    forged = f"{token[:-4]}AAAA"
    for headers in ({}, {"Authorization": forged}, {"Authorization": "nonsense"}):
        assert requests.get(f"{todo}/todos", headers=headers, timeout=30).status_code == 401
    made = requests.post(f"{todo}/todos", json={"title": "in dev"}, headers={"Authorization": token}, timeout=30)
    assert made.status_code == 201, made.text
    assert made.json()["url"].startswith(todo)
    assert requests.get(made.json()["url"], headers={"Authorization": token}, timeout=30).json()["title"] == "in dev"
    assert "request route=POST /todos status=201" in (stage.root / "dev-todo_app.log").read_text()
