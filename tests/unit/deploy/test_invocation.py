"""`invoke` prints a function's answer and log, and fails as the function does."""

import base64
import io
import json

import pytest

from deploy import invocation
from deploy.cli import main
from deploy.target import Target

ANSWER = {"greeting": "hé"}


class FakeLambda:
    """Two functions of the tiny app; `answer` is what an invocation answers."""

    def __init__(self) -> None:
        self.calls: list[dict] = []
        self.answer: dict = {"payload": ANSWER}

    def get_paginator(self, _: str) -> "FakeLambda":
        return self

    def paginate(self):
        names = ("tiny-dev", "tiny-dev-store_notes", "other-dev")
        return [{"Functions": [{"FunctionName": name} for name in names]}]

    def invoke(self, **call):
        self.calls.append(call)
        answer = dict(self.answer)
        payload = io.BytesIO(json.dumps(answer.pop("payload")).encode())
        return {"StatusCode": 200, "Payload": payload, **answer}


@pytest.fixture
def functions(app, monkeypatch):
    fake = FakeLambda()
    stages = app.folder / "stages.yaml"
    stages.write_text(stages.read_text() + "  dev: {}\n")
    monkeypatch.setattr(Target, "client", lambda *_: fake)
    monkeypatch.setattr(Target, "one_attempt_client", lambda *_: fake)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return fake


@pytest.fixture
def invoke(app, functions):
    return lambda *arguments: main(["--root", str(app.folder.parent), "invoke", "--stage", "dev", app.key, *arguments])


def log(*lines: str) -> str:
    return base64.b64encode("\n".join(lines).encode()).decode()


def test_the_answer_is_on_standard_output_and_the_log_on_standard_error(invoke, functions, capsys):
    line = '{"level": "INFO", "message": "stored", "note": 7}'
    functions.answer["LogResult"] = log("START RequestId: 1", line, "REPORT RequestId: 1\tDuration: 3 ms")
    assert invoke("store_notes") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == ANSWER
    assert "stored note=7" in printed.err
    assert "Duration: 3 ms" in printed.err
    (call,) = functions.calls
    assert call == {"FunctionName": "tiny-dev-store_notes", "LogType": "Tail", "Payload": b"{}"}


def test_the_event_is_a_file_or_standard_input(invoke, functions, tmp_path, monkeypatch):
    (tmp_path / "event.json").write_text('{"a": 1}')
    assert invoke("api_handler", str(tmp_path / "event.json")) == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"b": 2}')))
    assert invoke("api_handler", "-") == 0
    assert [call["Payload"] for call in functions.calls] == [b'{"a": 1}', b'{"b": 2}']
    assert functions.calls[0]["FunctionName"] == "tiny-dev"


def test_a_function_that_fails_ends_the_command_with_its_error(invoke, functions, capsys):
    failure = {"errorType": "KeyError", "errorMessage": "'Records'", "stackTrace": []}
    functions.answer = {"payload": failure, "FunctionError": "Unhandled", "LogResult": log("[ERROR] KeyError")}
    assert invoke("store_notes") == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out) == failure
    assert printed.err.splitlines()[-1] == "store_notes failed: KeyError: 'Records'"


def test_a_log_that_was_cut_says_where_the_rest_is(invoke, functions, capsys):
    functions.answer["LogResult"] = log("x" * 4096)
    assert invoke("store_notes") == 0
    assert "deploy logs --app tiny_app" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["none"], "no function none in stage dev; there are: api_handler, store_notes"),
        (["store_notes", "missing.json"], "missing.json cannot be read"),
        (["store_notes", __file__], "is not JSON"),
    ],
)
def test_what_cannot_be_invoked_is_named(invoke, functions, capsys, arguments, reason):
    assert invoke(*arguments) == 1
    assert reason in capsys.readouterr().err.replace("\n", " ")
    assert functions.calls == []


def test_a_request_is_not_repeated_and_waits_for_the_longest_function():
    config = Target("dev", "us-east-1").one_attempt_client("lambda", invocation._MOST_SECONDS).meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.read_timeout == 900
