"""The stream's batches in the tables, and the fleet over HTTP."""

import json
import os
from itertools import pairwise

import pytest
from botocore.exceptions import ClientError
from chalicelib.pipeline.fleet.events import announcements
from chalicelib.pipeline.fleet.model import DeviceState, MinuteState, StateConflict

from common.errors import Refused
from tests.unit.aws import aws_client
from tests.unit.pipeline.stage import NOON, raw_record, record, released


def values(pipeline_app, device_id="sensor-07"):
    """A device's measurements that are not null."""
    return {name: value for name, value in device(pipeline_app, device_id)["measurements"].items() if value is not None}


def device(pipeline_app, device_id="sensor-07"):
    return pipeline_app.call("GET", f"/devices/{device_id}").json


def test_messages_become_the_devices_state_and_minutes(pipeline_app):
    records = [record(n, at=NOON + n * 30_000, temperature=4 + n, humidity=60.5) for n in range(3)]
    assert pipeline_app.send([*records, record(9, device_id="sensor-08", battery=0.5)]) == []

    assert values(pipeline_app) == {"temperature": 6, "humidity": 60.5}
    assert device(pipeline_app)["lastSeen"] == "2026-11-27T17:01:00.000Z"
    minutes = pipeline_app.call("GET", "/devices/sensor-07/minutes").json["minutes"]
    assert [minute["minute"] for minute in minutes] == ["2026-11-27T17:01", "2026-11-27T17:00"]
    assert minutes[1]["measurements"]["temperature"] == {"count": 2, "mean": 4.5, "min": 4, "max": 5}
    listed = pipeline_app.call("GET", "/devices").json["devices"]
    assert sorted(one["id"] for one in listed) == ["sensor-07", "sensor-08"]


def test_messages_that_are_replayed_change_nothing(pipeline_app):
    pipeline_app.send([record(1, temperature=21)])
    before = {table: pipeline_app.items(table) for table in ("devices", "minutes", "alerts")}
    assert pipeline_app.send([released(record(2, temperature=21)), released(record(3, temperature=50))]) == []
    assert {table: pipeline_app.items(table) for table in before} == before


def test_a_batch_that_is_sent_again_changes_nothing(pipeline_app):
    batch = [record(n, temperature=25 + n) for n in range(20)]
    pipeline_app.send(batch)
    before = {table: pipeline_app.items(table) for table in ("devices", "minutes", "alerts")}
    pipeline_app.send(batch)
    pipeline_app.send(batch[5:])
    assert {table: pipeline_app.items(table) for table in before} == before


def test_a_message_that_is_refused_stops_nobody(pipeline_app):
    batch = [record(1, temperature=21), raw_record(2, b"\xff not JSON"), record(3, temperature=20)]
    assert pipeline_app.send(batch) == []
    assert values(pipeline_app) == {"temperature": 20}


def test_alerts_are_written_with_the_state_that_raised_them(pipeline_app):
    pipeline_app.send([record(1, temperature=36), record(2, device_id="sensor-08", temperature=4)])
    open_alerts = pipeline_app.call("GET", "/alerts").json["alerts"]
    assert {(alert["deviceId"], alert["rule"]) for alert in open_alerts} == {
        ("sensor-07", "temperature-high"),
        ("sensor-08", "temperature-low"),
    }
    assert [alert["rule"] for alert in device(pipeline_app)["alerts"]] == ["temperature-high"]

    pipeline_app.send([record(3, at=NOON + 1000, temperature=20)])
    assert [alert["deviceId"] for alert in pipeline_app.call("GET", "/alerts").json["alerts"]] == ["sensor-08"]
    history = pipeline_app.call("GET", "/devices/sensor-07/alerts").json["alerts"]
    assert [(alert["value"], alert["clearedValue"]) for alert in history] == [(36, 20)]


def test_a_device_that_flaps_more_often_than_a_transaction_takes(pipeline_app):
    batch = [record(n, at=NOON + n, temperature=36 if n % 2 else 20) for n in range(500)]
    assert pipeline_app.send(batch) == []
    history, page = [], "/devices/sensor-07/alerts?limit=100"
    while page:
        response = pipeline_app.call("GET", page)
        history += response.json["alerts"]
        page = response.next
    assert len(history) == 250
    assert [alert["clearedAt"] for alert in history].count(None) == 1


def test_a_write_that_fails_lets_its_own_messages_fail_only(pipeline_app, monkeypatch):
    devices = pipeline_app.module.pipeline_app.devices
    write = devices.write

    def refused(before, after, alerts):
        if after.device_id == "sensor-08":
            raise ConnectionError("no answer")
        write(before, after, alerts)

    monkeypatch.setattr(devices, "write", refused)
    batch = [record(1, temperature=21), record(2, device_id="sensor-08", temperature=21), record(3, temperature=20)]
    assert pipeline_app.send(batch) == [batch[1]["kinesis"]["sequenceNumber"]]
    assert values(pipeline_app) == {"temperature": 20}


def letters():
    """Take the dead letters out of their queue, so that no later test receives them."""
    sqs, url = aws_client("sqs"), os.environ["STREAM_DEAD_LETTERS_URL"]
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for each in received:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return [json.loads(each["Body"]) for each in received]


def client_error(code):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "PutItem")


PERMANENT = [OverflowError("date value out of range"), Refused("ValidationException")]
REPAIRED_BY_OPERATORS = [client_error("AccessDeniedException"), client_error("ResourceNotFoundException")]
TEMPORARY = [client_error("ProvisionedThroughputExceededException"), ConnectionError("no answer")]


@pytest.fixture
def failing_device(pipeline_app, monkeypatch):
    """Let writes of the device sensor-08 fail with an error."""

    def fail_with(error):
        devices = pipeline_app.module.pipeline_app.devices
        write = devices.write

        def faulty(before, after, alerts):
            if after.device_id == "sensor-08":
                raise error
            write(before, after, alerts)

        monkeypatch.setattr(devices, "write", faulty)

    return fail_with


@pytest.mark.parametrize("error", PERMANENT, ids=repr)
def test_a_message_that_always_fails_does_not_hold_up_the_shard(pipeline_app, failing_device, error):
    failing_device(error)
    batch = [record(1, temperature=21), record(2, device_id="sensor-08", temperature=21), record(3, temperature=20)]
    assert pipeline_app.send(batch) == []
    assert values(pipeline_app) == {"temperature": 20}
    (letter,) = letters()
    assert letter["sequenceNumber"] == batch[1]["kinesis"]["sequenceNumber"]
    assert letter["reason"] == f"{type(error).__name__}: {error}"


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
LARGER_THAN_AN_ITEM = 400 * 1024


def test_what_dynamodb_refuses_for_its_content_is_told_from_other_errors(pipeline_app):
    app = pipeline_app.module.pipeline_app
    state = DeviceState("sensor-08", last_sequence="1" * LARGER_THAN_AN_ITEM)
    minute = MinuteState("sensor-08", "2026-11-27T17:00", last_sequence=state.last_sequence)
    for write in (lambda: app.devices.write(state, state, []), lambda: app.minutes.write(minute, minute)):
        with pytest.raises(Refused):
            write()


@pytest.mark.parametrize("error", [*REPAIRED_BY_OPERATORS, *TEMPORARY], ids=repr)
def test_a_message_that_may_be_written_later_waits(pipeline_app, failing_device, error):
    failing_device(error)
    sent = record(1, device_id="sensor-08", temperature=21)
    assert pipeline_app.send([sent]) == [sent["kinesis"]["sequenceNumber"]]
    assert letters() == []


def test_a_batch_that_is_refused_as_a_whole_is_divided_until_one_record_is_given_up(pipeline_app, monkeypatch):
    def refused(device_ids):
        raise Refused("ValidationException")

    monkeypatch.setattr(pipeline_app.module.pipeline_app.devices, "read", refused)
    batch = [record(1, temperature=21), record(2, temperature=21)]
    with pytest.raises(Refused):
        pipeline_app.send(batch)
    assert letters() == []
    assert pipeline_app.send(batch[:1]) == []
    (letter,) = letters()
    assert letter["sequenceNumber"] == batch[0]["kinesis"]["sequenceNumber"]


@pytest.mark.parametrize(
    ("error", "is_given_up"),
    [(Refused("InvalidParameter"), True), (client_error("AuthorizationError"), False)],
    ids=repr,
)
def test_an_alert_that_the_topic_refuses_does_not_hold_up_the_others(pipeline_app, monkeypatch, error, is_given_up):
    def refused(state, alert):
        raise error

    pipeline_app.send([record(1, temperature=36)])
    monkeypatch.setattr(pipeline_app.module.pipeline_app.alert_topic, "publish", refused)
    image = pipeline_app.items("alerts")[0]
    change = {"dynamodb": {"SequenceNumber": "7", "NewImage": image}}
    response = pipeline_app.client.lambda_.invoke("publish_alerts", {"Records": [change]}).payload
    assert response == {"batchItemFailures": [] if is_given_up else [{"itemIdentifier": "7"}]}
    assert [letter["sequenceNumber"] for letter in letters()] == (["7"] if is_given_up else [])


@pytest.mark.parametrize("conflicts", [1, 3])
def test_a_state_that_another_function_changes_meanwhile_is_read_again(pipeline_app, monkeypatch, conflicts):
    devices = pipeline_app.module.pipeline_app.devices
    write, left = devices.write, [None] * conflicts

    def changed_meanwhile(before, after, alerts):
        if left:
            left.pop()
            raise StateConflict(after.device_id)
        write(before, after, alerts)

    monkeypatch.setattr(devices, "write", changed_meanwhile)
    sent = record(1, temperature=21)
    failed = [sent["kinesis"]["sequenceNumber"]] if conflicts == 3 else []
    assert pipeline_app.send([sent]) == failed


def test_a_stale_writer_is_refused(pipeline_app):
    devices = pipeline_app.module.pipeline_app.devices
    pipeline_app.send([record(1, temperature=36)])
    stale = devices.get("sensor-07")
    pipeline_app.send([record(2, at=NOON + 1, temperature=36)])
    for alerts in ([], list(stale.alerts.values())):
        with pytest.raises(StateConflict):
            devices.write(stale, stale, alerts)


def test_lists_come_in_pages(pipeline_app):
    pipeline_app.send([record(n, at=NOON + n * 60_000, temperature=36 if n % 2 else 20) for n in range(7)])
    for path, key in (("/devices/sensor-07/minutes", "minutes"), ("/devices/sensor-07/alerts", "alerts")):
        whole = pipeline_app.call("GET", path).json[key]
        parts, page = [], f"{path}?limit=2"
        while page:
            response = pipeline_app.call("GET", page)
            parts += response.json[key]
            page = response.next
        assert parts == whole
        assert len(whole) > 2


def test_minutes_between_two(pipeline_app):
    pipeline_app.send([record(n, at=NOON + n * 60_000, temperature=20) for n in range(5)])
    path = "/devices/sensor-07/minutes?from=2026-11-27T17:01&to=2026-11-27T17:03"
    minutes = [one["minute"] for one in pipeline_app.call("GET", path).json["minutes"]]
    assert minutes == ["2026-11-27T17:03", "2026-11-27T17:02", "2026-11-27T17:01"]
    path = "/devices/sensor-07/minutes?from=2026-11-27T17:03&to=2026-11-27T17:01"
    assert pipeline_app.call("GET", path).json["minutes"] == []


@pytest.mark.parametrize("device_id", ["unknown", "..%2F", "%23fleet", "a b", "x" * 65, "sensor-07%0A"])
def test_there_is_no_such_device(pipeline_app, device_id):
    pipeline_app.send([record(1, temperature=20)])
    response = pipeline_app.call("GET", f"/devices/{device_id}")
    assert response.status == 404
    assert response.json["type"].endswith("device-not-found")


def test_the_fleet_is_counted_each_minute(pipeline_app, monkeypatch):
    app = pipeline_app.module.pipeline_app
    assert pipeline_app.call("GET", "/fleet").json["countedAt"] is None
    pipeline_app.send([record(1, temperature=36), record(2, device_id="sensor-08", at=NOON + 100_000, temperature=20)])

    monkeypatch.setattr(type(app), "now", staticmethod(lambda: NOON + 130_000))
    app.__dict__.pop("fleet_watch", None)
    app.fleet_watch.run()
    app.fleet_watch.run()

    fleet = pipeline_app.call("GET", "/fleet").json
    assert fleet == {
        "countedAt": "2026-11-27T17:02:10.000Z",
        "devices": 2,
        "online": 1,
        "silent": 1,
        "openAlerts": {"silence": 1, "temperature-high": 1},
    }
    assert device(pipeline_app)["silent"]
    pipeline_app.send([record(3, at=NOON + 140_000, temperature=20)])
    assert not device(pipeline_app)["silent"]
    app.__dict__.pop("fleet_watch", None)


def test_alerts_are_published_when_they_are_raised_and_when_they_are_cleared(pipeline_app, caplog):
    queue = aws_client("sqs").create_queue(QueueName="subscriber")["QueueUrl"]
    arn = aws_client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    topic = pipeline_app.module.settings.alerts_topic_arn
    aws_client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    pipeline_app.send([record(1, temperature=36)])
    raised = pipeline_app.items("alerts")[0]
    pipeline_app.send([record(2, at=NOON + 1000, temperature=20)])
    cleared = pipeline_app.items("alerts")[0]

    changes = [
        {"NewImage": raised},
        {"OldImage": raised, "NewImage": raised},
        {"OldImage": raised, "NewImage": cleared},
        {"OldImage": cleared, "NewImage": cleared},
        {"OldImage": cleared},
        {"NewImage": cleared},
    ]
    records = [{"dynamodb": {"SequenceNumber": str(n), **change}} for n, change in enumerate(changes)]
    response = pipeline_app.client.lambda_.invoke("publish_alerts", {"Records": records}).payload
    assert response == {"batchItemFailures": []}
    logged = [(line.device, line.rule, line.state, line.value) for line in caplog.records if line.message == "alert"]
    assert logged == [("sensor-07", "temperature-high", state, 36) for state in ("raised", "cleared")] * 2
    received = aws_client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"])[
        "Messages"
    ]
    states = [message["MessageAttributes"]["state"]["StringValue"] for message in received]
    assert sorted(states) == ["cleared", "cleared", "raised", "raised"]


def test_an_alert_that_is_raised_again_at_the_same_time_is_told(pipeline_app):
    seen = []
    for number, temperature in enumerate((36, 20, 36)):
        pipeline_app.send([record(number, temperature=temperature)])
        seen += pipeline_app.items("alerts")
    assert len(pipeline_app.items("alerts")) == 1
    changes = [{"OldImage": before, "NewImage": after} for before, after in pairwise(seen)]
    told = [announcements({"dynamodb": change}) for change in changes]
    assert [[state for state, _ in each] for each in told] == [["cleared"], ["raised"]]
