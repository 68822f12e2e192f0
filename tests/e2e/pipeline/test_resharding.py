"""The stream is resharded while messages arrive: https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html."""

import json
import time
import uuid

from local_aws.testing import wait_until
from tests.e2e.pipeline.operator import APP, envelope

DEVICES, MESSAGES, CHUNK = 6, 200, 100


class Stream:
    """The app's stream."""

    def __init__(self, stage):
        self.client, self.name = stage.client("kinesis"), stage.outputs(APP)["TelemetryStreamName"]

    def put(self, records):
        """Put all records; those that a shard refuses are put again."""
        entries = [{"Data": json.dumps(record).encode(), "PartitionKey": record["device_id"]} for record in records]
        while entries:
            results = self.client.put_records(StreamName=self.name, Records=entries)["Records"]
            entries = [entry for entry, result in zip(entries, results, strict=True) if "ErrorCode" in result]

    def scale(self, shards):
        self.client.update_shard_count(StreamName=self.name, TargetShardCount=shards, ScalingType="UNIFORM_SCALING")

    def open_shards(self):
        summary = self.client.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]
        return summary["OpenShardCount"]


def test_each_message_counts_once_while_shards_are_split_and_merged(stage, operator):
    stream, run, now = Stream(stage), uuid.uuid4().hex[:8], int(time.time() * 1000)
    devices = [f"resharded-{run}-{number}" for number in range(DEVICES)]
    records = [
        envelope(device, {"id": f"m-{number}", "time": now, "measurements": {"temperature": 20 + number % 5}})
        for number in range(MESSAGES)
        for device in devices
    ]
    before = stream.open_shards()
    for start in range(0, len(records), CHUNK):
        stream.put(records[start : start + CHUNK])
        if start == 4 * CHUNK:
            stream.scale(before * 2)
        if start == 8 * CHUNK:
            stream.scale(before)

    def readings(device):
        minutes = operator.get(f"/devices/{device}/minutes")
        return sum(minute["readings"] for minute in minutes["minutes"]) if minutes else 0

    wait_until(lambda: all(readings(device) >= MESSAGES for device in devices), "all messages are counted")
    assert [readings(device) for device in devices] == [MESSAGES] * DEVICES
    assert stream.open_shards() == before
