"""Devices with real certificates: their policy, and simulations whose connections are lost."""

import base64
import contextlib
import json
import signal
import socket
import subprocess
from types import SimpleNamespace

import pytest

from local_aws.testing import wait_until
from local_aws.tests.mqtt_devices import connected
from tests.apps import put_on_path
from tests.e2e.local_stage import ROOT
from tests.e2e.pipeline.operator import APP, simulate, task

put_on_path("pipeline_app")

# isort: split
from simulator.connection import Connection, endpoint, tls_context  # noqa: E402 - after the path is set
from simulator.fleet import Fleet  # noqa: E402
from simulator.keys import KeyFolder  # noqa: E402
from simulator.ledger import Ledger, entries  # noqa: E402
from simulator.messages import Faults, MessageSource  # noqa: E402


@pytest.fixture(scope="module")
def keys(stage):
    return KeyFolder(stage.root / ".local" / "pipeline" / "local" / "devices")


def embedded_aws(stage):
    return SimpleNamespace(client=stage.client, state_dir=stage.root / ".local" / "aws")


def test_a_device_is_added_once_and_publishes_on_its_own_topic_only(stage, keys):
    task(stage, "add_device", "own-topic")
    assert "exists" in task(stage, "add_device", "own-topic")
    assert "own-topic  active  its key is here" in task(stage, "list_devices")
    for topic, becomes in (
        ("devices/own-topic/telemetry", "acknowledged"),
        ("devices/another/telemetry", "closed"),
        ("devices/own-topic/other", "closed"),
    ):
        with connected(embedded_aws(stage), "own-topic", keys.files("own-topic")) as connection:
            assert connection.next_event() == ("connected", 0)
            assert connection.publish(topic, b"{}") == becomes
    with connected(embedded_aws(stage), "another", keys.files("own-topic")) as connection:
        assert connection.next_event()[0] == "closed"
    files = keys.files("own-topic")
    contents = [file.read_bytes() for file in files]
    task(stage, "remove_device", "own-topic")
    assert not files[0].exists()
    for file, content in zip(files, contents, strict=True):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    with connected(embedded_aws(stage), "own-topic", files) as connection:
        assert connection.next_event()[0] == "closed"


def test_a_name_that_is_more_than_a_name_is_refused(stage):
    done = stage.deploy("task", APP, "add_device", "../x")
    assert done.returncode != 0
    assert "is not a device's name" in done.stderr


def test_a_simulation_is_seen_and_its_ledger_is_complete(stage, operator):
    text = simulate(stage, "walk", devices=2, rate=20, seconds=2, wrong=0.2)
    ledger = acknowledged(stage.root / ".local" / "pipeline" / "local" / "ledger", "walk-")
    assert f"{len(ledger)} of {len(ledger)} messages acknowledged" in text
    assert {device for device, _ in ledger} == {"walk-1", "walk-2"}
    for device in ("walk-1", "walk-2"):
        assert wait_until(lambda: operator.get(f"/devices/{device}"), "the device is there")  # noqa: B023


def test_ctrl_c_ends_a_simulation_in_order_with_a_complete_ledger(stage):
    folder = stage.root / ".local" / "pipeline" / "local" / "ledger"
    arguments = ("task", APP, "simulate", "--rate", "50", "--seconds", "0", "--name", "endless")
    with subprocess.Popen(stage.command(*arguments), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        wait_until(lambda: len(acknowledged(folder, "endless-")) > 20, "messages are acknowledged")
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
    assert process.returncode == 0
    count = len(acknowledged(folder, "endless-"))
    assert f"{count} of {count} messages acknowledged, 0 pending" in said


def acknowledged(folder, prefix: str) -> set[tuple[str, str]]:
    found = entries(folder) if folder.is_dir() else ()
    return {(entry.device_id, entry.message_id) for entry in found if entry.device_id.startswith(prefix)}


def test_what_is_acknowledged_is_in_the_stream_however_often_connections_are_lost(stage, keys, tmp_path):
    names = ["lossy-1", "lossy-2", "lossy-3"]
    ledger = Ledger(tmp_path / "a.jsonl", lambda: 0)
    fleet = Fleet(ledger, 0.01, lambda counts: None)
    address = stage.client("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    where = endpoint(address, str(stage.root / ".local" / "aws" / "ca.pem"))
    connections = []
    for name in names:
        task(stage, "add_device", name)
        context = tls_context(where, *keys.files(name))
        connections.append(Connection(name, where, context, fleet.acknowledged))
        fleet.add(connections[-1], MessageSource(name, "run", Faults()))
    lost = []

    def loses_connections() -> bool:
        """Each connection is lost once there are 100, 200, ... acknowledgements."""
        if fleet.counts.acknowledged >= 100 * (len(lost) + 1):
            opened = connections[len(lost) % len(connections)].socket
            lost.append(opened)
            # It may be lost already.
            with contextlib.suppress(OSError):
                if opened is not None:
                    opened.shutdown(socket.SHUT_RDWR)
        return len(lost) == 8

    counts = fleet.run(None, loses_connections)
    assert counts.connects > len(names)
    assert (counts.pending, counts.failure) == (0, "")
    in_stream = [message for message in messages_of(stage) if message[0] in names]
    in_ledger = acknowledged(tmp_path, "lossy-")
    assert len(in_ledger) == counts.acknowledged == counts.made
    assert in_ledger == set(in_stream)


def messages_of(stage) -> list[tuple[str, str]]:
    """The device and the message id of each valid message in the stream."""
    kinesis, name = stage.client("kinesis"), stage.outputs(APP)["TelemetryStreamName"]
    found = []
    for shard in kinesis.list_shards(StreamName=name)["Shards"]:
        where = {"StreamName": name, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = kinesis.get_shard_iterator(**where)["ShardIterator"]
        while (page := kinesis.get_records(ShardIterator=iterator))["Records"]:
            iterator = page["NextShardIterator"]
            found += [json.loads(record["Data"]) for record in page["Records"]]
    return [
        (envelope["device_id"], json.loads(payload)["id"])
        for envelope in found
        if envelope["device_id"].startswith("lossy") and (payload := base64.b64decode(envelope["payload"]))
    ]
