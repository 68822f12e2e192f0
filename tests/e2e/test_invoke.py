"""One invocation of a deployed function, with a sample event."""

import json

import pytest


@pytest.fixture
def event(tiny, tmp_path):
    """Writes a sample event to a file."""

    def write(*arguments: str) -> str:
        done = tiny.deploy("event", *arguments)
        assert done.returncode == 0, done.stderr
        (tmp_path / "event.json").write_text(done.stdout)
        return str(tmp_path / "event.json")

    return write


def test_a_request_is_answered_and_its_log_is_printed(tiny, event):
    done = tiny.deploy("invoke", "tiny_app", "api_handler", event("api", "--path", "/greeting"))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["greeting"] == "hello"
    assert "REPORT RequestId: " in done.stderr


def test_a_message_reaches_what_the_function_writes(tiny, event):
    done = tiny.deploy("invoke", "tiny_app", "store_notes", event("sqs", "--body", "invoked"))
    assert (done.returncode, done.stdout) == (0, "null\n"), done.stderr
    key = {"TableName": tiny.outputs("tiny_app")["TableName"], "Key": {"id": {"S": "invoked"}}}
    assert "Item" in tiny.client("dynamodb").get_item(**key)


def test_a_function_that_fails_ends_the_command_with_a_failure(tiny):
    done = tiny.deploy("invoke", "tiny_app", "store_notes")
    assert done.returncode == 1
    assert json.loads(done.stdout)["errorType"] == "KeyError"
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1] == "store_notes failed: KeyError: 'Records'"
