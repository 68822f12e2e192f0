"""The operators' tasks, run by the deploy tool against the deployed app."""

import base64
import json
import re
import time
import uuid

from local_aws.testing import wait_until
from tests.e2e.pipeline.operator import APP, envelope, task


def readings(operator, device: str) -> int:
    minutes = operator.get(f"/devices/{device}/minutes")
    return sum(minute["readings"] for minute in minutes["minutes"]) if minutes else 0


def message(number: int) -> dict[str, object]:
    return {"id": f"m-{number}", "time": int(time.time() * 1000), "measurements": {"temperature": 4}}


def test_a_replay_delivers_again_and_counts_nothing_twice(stage, operator):
    device = f"replayed-{uuid.uuid4().hex[:8]}"
    operator.put_records([envelope(device, message(1)), envelope(device, message(2))])
    wait_until(lambda: readings(operator, device) == 2, "two readings")
    said = task(stage, "replay", "2026-01-01T00:00Z", "2999-01-01T00:00Z")
    assert int(re.search(r"again: (\d+) message", said)[1]) >= 2
    # A message after those that are replayed: when it is counted, they are handled.
    operator.put_records([envelope(device, message(3))])
    wait_until(lambda: readings(operator, device) > 2, "the message after the replay")
    assert readings(operator, device) == 3


def test_a_letter_about_a_record_is_redriven(stage, operator):
    device = f"redriven-{uuid.uuid4().hex[:8]}"
    kinesis, outputs = stage.client("kinesis"), stage.outputs(APP)
    name = outputs["TelemetryStreamName"]
    put = kinesis.put_record(
        StreamName=name, PartitionKey=device, Data=json.dumps(envelope(device, message(1))).encode()
    )
    wait_until(lambda: readings(operator, device) == 1, "the reading")
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    batch = {
        "shardId": put["ShardId"],
        "startSequenceNumber": put["SequenceNumber"],
        "endSequenceNumber": put["SequenceNumber"],
        "batchSize": 1,
        "streamArn": arn,
    }
    letter = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "KinesisBatchInfo": batch}
    queue = outputs["StreamDeadLettersUrl"]
    stage.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(letter))
    assert "handled again: 1 message" in task(stage, "redrive", "Stream")
    assert "Messages" not in stage.client("sqs").receive_message(QueueUrl=queue)
    assert readings(operator, device) == 1


def test_health_shows_what_waits_for_the_delivery(operator):
    operator.put_records([envelope(f"waiting-{uuid.uuid4().hex[:8]}", message(1))])
    health = operator.get("/health?minutes=60")
    assert health["balanced"]
    assert any(queue["name"].endswith("stream-dead-letters") for queue in health["queues"])


def test_a_replay_from_objects_makes_nothing_where_there_are_none(stage):
    said = task(stage, "replay", "2026-01-01T00:00Z", "2026-01-01T01:00Z", "--source", "objects")
    assert "there are no objects" in said


def test_messages_that_the_topic_rule_could_not_deliver_are_put_into_the_stream(stage):
    queue = stage.outputs(APP)["RuleErrorsUrl"]
    payload = base64.b64encode(json.dumps(message(1)).encode()).decode()
    document = {"topic": "devices/rule-error/telemetry", "base64OriginalPayload": payload, "failures": []}
    stage.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(document))
    assert "put into the stream: 1 message" in task(stage, "redrive", "RuleErrors")
    assert "Messages" not in stage.client("sqs").receive_message(QueueUrl=queue)
