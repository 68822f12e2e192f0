"""Records are listed, and released from quarantine into the stream."""

import base64
import io
import json

from operations.delivery_errors import DeliveryErrors
from operations.quarantine import Release

from tests.unit.pipeline.delivery.batches import Delivery, kinds
from tests.unit.pipeline.telemetry.records import RECEIVED_AT, message, record

LATER = RECEIVED_AT + 90 * 86_400_000


class FakeStream:
    """A stream in memory."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes]] = []

    def put(self, records) -> None:
        self.records.extend(records)


def released(delivery: Delivery, prefix: str = "") -> tuple[int, FakeStream]:
    stream = FakeStream()
    return Release(delivery.quarantine, stream, lambda: LATER).release(prefix), stream


def test_a_released_record_passes_the_same_validation_as_at_its_arrival():
    delivery = Delivery()
    # The rule that rejected it is changed: here the record is.
    envelope = json.loads(record())
    delivery.run(json.dumps({**envelope, "received_at": "wrong"}).encode())
    (name,) = delivery.quarantine.files
    kept = delivery.quarantine.files[name][0]
    count, stream = released(delivery)
    assert count == 1
    assert delivery.quarantine.files == {}
    ((key, data),) = stream.records
    assert key == "sensor-1"
    assert json.loads(data) == {**json.loads(kept.record), "released_at": LATER}
    assert kinds(delivery.run(json.dumps({**json.loads(data), "received_at": RECEIVED_AT}).encode())) == ["Ok"]


def test_a_record_that_is_still_wrong_is_quarantined_again():
    delivery = Delivery()
    delivery.run(record(message(id=None)))
    first = delivery.quarantine.records
    _, stream = released(delivery)
    delivery.run(*(data for _, data in stream.records))
    (again,) = delivery.quarantine.records
    assert (again.reason, again.source_id, again.payload) == (first[0].reason, first[0].source_id, first[0].payload)
    assert sum(counts.released for counts in delivery.batches.items.values()) == 1


def test_only_the_records_below_the_prefix_are_released():
    delivery = Delivery()
    delivery.run(record(b"{"), record(message(id=None)))
    count, _ = released(delivery, "missing_field/2026-11-27")
    assert count == 1
    assert [kept.reason for kept in delivery.quarantine.records] == ["invalid_json"]


def test_what_cannot_be_marked_stays():
    delivery = Delivery()
    delivery.run(b"no json", b"[1]", b'{"a": 1}')
    count, stream = released(delivery)
    assert count == 1
    assert [key for key, _ in stream.records] == ["invalid_envelope"]
    assert [kept.record for kept in delivery.quarantine.records] == [b"no json", b"[1]"]
    assert released(delivery)[0] == 0


class FakeBucket:
    """A bucket of S3."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_paginator(self, operation):
        return self

    def paginate(self, Bucket, Prefix):  # noqa: N803 - the API's names
        return [{"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}]

    def get_object(self, Bucket, Key):  # noqa: N803
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Bucket, Key, Body):  # noqa: N803
        self.objects[Key] = Body

    def delete_object(self, Bucket, Key):  # noqa: N803
        del self.objects[Key]


def error_document(raw: bytes) -> bytes:
    """As Firehose writes it."""
    document = {
        "attemptsMade": 4,
        "arrivalTimestamp": RECEIVED_AT,
        "errorCode": "Lambda.FunctionError",
        "errorMessage": "The function failed.",
        "attemptEndingTimestamp": RECEIVED_AT + 1000,
        "rawData": base64.b64encode(raw).decode(),
        "lambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:transform",
    }
    return json.dumps(document).encode() + b"\n"


def test_records_that_could_not_be_transformed_are_released():
    key = "errors/processing-failed/delivery-1-2026-11-27-17-00-00-x"
    bucket = FakeBucket({key: error_document(record()) + error_document(b"no json"), "telemetry/x": b""})
    stream = FakeStream()
    release = Release(DeliveryErrors(lambda: bucket, "telemetry"), stream, lambda: LATER)
    assert release.release("") == 1
    ((partition_key, data),) = stream.records
    assert partition_key == "sensor-1"
    assert json.loads(data) == {**json.loads(record()), "released_at": LATER}
    (staying,) = bucket.objects[key].splitlines()
    assert base64.b64decode(json.loads(staying)["rawData"]) == b"no json"
    assert release.release("") == 0
    bucket.objects[key] = error_document(record())
    assert release.release("") == 1
    assert list(bucket.objects) == ["telemetry/x"]
