"""A function of a table's stream, deployed by the real `chalice deploy` and set up by the deploy tool."""

import json

import requests

from local_aws.testing import wait_until
from tests.e2e.local_stage import LocalStage


def put_note(tiny: LocalStage, note: str) -> None:
    response = requests.put(f"{tiny.document['apps']['tiny_app']['api_url']}/notes/{note}")
    assert response.status_code == 200, response.text


def received(tiny: LocalStage, queue: str) -> str:
    """The next message's body."""
    sqs, url = tiny.client("sqs"), tiny.outputs("tiny_app")[queue]
    (message,) = wait_until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages"), "a message")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return str(message["Body"])


def mapping(tiny: LocalStage) -> dict:
    stream = tiny.outputs("tiny_app")["StreamArn"]
    (found,) = tiny.client("lambda").list_event_source_mappings(EventSourceArn=stream)["EventSourceMappings"]
    return found


def test_a_change_in_the_table_reaches_the_function(tiny):
    put_note(tiny, "first")
    # Notes of other tests come before it.
    wait_until(lambda: received(tiny, "AnnouncedUrl"), until=lambda note: note == "first")


def test_the_mapping_has_what_stages_yaml_says(tiny):
    found = mapping(tiny)
    assert found["BatchSize"] == 10
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert found["BisectBatchOnFunctionError"] is True
    assert found["MaximumRetryAttempts"] == 1
    assert found["MaximumRecordAgeInSeconds"] == 3600
    assert found["ParallelizationFactor"] == 2
    assert found["DestinationConfig"] == {"OnFailure": {"Destination": tiny.outputs("tiny_app")["UnannouncedArn"]}}


def test_a_record_that_cannot_be_processed_is_sent_to_the_queue_and_blocks_nothing(tiny):
    put_note(tiny, "unspeakable")
    told = json.loads(received(tiny, "UnannouncedUrl"))
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 2
    put_note(tiny, "next")
    assert received(tiny, "AnnouncedUrl") == "next"


def test_deploying_again_keeps_the_mapping_and_its_position(tiny):
    before = mapping(tiny)
    source = tiny.root / "tiny_app" / "app.py"
    source.write_text(source.read_text() + "\n# changed\n")
    done = tiny.deploy("up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert mapping(tiny)["UUID"] == before["UUID"]
    put_note(tiny, "after")
    assert received(tiny, "AnnouncedUrl") == "after"
