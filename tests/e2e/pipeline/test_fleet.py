"""Messages in the stream become the devices' state, their minutes and alerts, by the deployed functions."""

import json
import time

from local_aws.testing import wait_until
from tests.e2e.pipeline.operator import APP, envelope
from tests.e2e.pipeline.schedules import watch_fleet


def subscriber(stage) -> str:
    """A queue that gets the topic's messages about high temperatures."""
    sqs, topic = stage.client("sqs"), stage.outputs(APP)["AlertsTopicArn"]
    queue: str = sqs.create_queue(QueueName="fleet-test-alerts")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    raw = {"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"rule": ["temperature-high"]})}
    stage.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    return queue


def test_a_device_is_seen_and_its_alert_is_published(stage, operator):
    sqs, queue = stage.client("sqs"), subscriber(stage)
    device = "fleet-test-1"
    now = int(time.time() * 1000)
    warm = {"id": "m-1", "time": now, "measurements": {"temperature": 104}, "units": {"temperature": "F"}}
    operator.put_records([envelope(device, warm), envelope(device, b"not JSON"), envelope("fleet-test-2", warm)])

    wait_until(lambda: operator.get(f"/devices/{device}"), "the device is there")
    seen = operator.get(f"/devices/{device}")
    assert seen["measurements"]["temperature"] == 40
    assert [alert["rule"] for alert in seen["alerts"]] == ["temperature-high"]
    assert device in [alert["deviceId"] for alert in operator.get("/alerts?limit=500")["alerts"]]
    wait_until(lambda: operator.get(f"/devices/{device}/minutes")["minutes"], "the minute is there")

    told = []

    def is_published():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            told.append(json.loads(message["Body"]))
        return [one for one in told if one["deviceId"] == device]

    wait_until(is_published, "the alert is published")
    assert is_published()[0] == {
        "alert": seen["alerts"][0]["id"],
        "state": "raised",
        "deviceId": device,
        "rule": "temperature-high",
        "value": 40,
        "limit": 35,
        "raisedAt": seen["alerts"][0]["raisedAt"],
        "clearedAt": None,
    }


def test_the_fleet_is_counted(stage, operator):
    operator.put_records([envelope("fleet-test-3", {"id": "m-1", "time": int(time.time() * 1000)})])
    wait_until(lambda: operator.get("/devices/fleet-test-3"), "the device is there")
    watch_fleet(stage)
    fleet = operator.get("/fleet")
    assert fleet["countedAt"]
    assert fleet["online"] >= 1
    assert fleet["devices"] == fleet["online"] + fleet["silent"]
