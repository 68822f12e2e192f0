"""Records are listed, and released from quarantine into the stream."""

import base64
import io
import json
from copy import deepcopy
from types import SimpleNamespace

import pytest
from operations.delivery_errors import DeliveryErrors
from operations.lease import SECONDS, Lease, LeaseHeld
from operations.quarantine import Release, existing

from tests.unit.aws import aws_client
from tests.unit.pipeline.delivery.batches import Delivery, kinds
from tests.unit.pipeline.telemetry.records import RECEIVED_AT, message, record

pytestmark = pytest.mark.usefixtures("pipeline_app")
LATER = RECEIVED_AT + 90 * 86_400_000


class FakeStream:
    """A stream in memory."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes]] = []

    def put(self, records) -> None:
        self.records.extend(records)


def lease(now=lambda: LATER) -> Lease:
    return Lease(lambda: aws_client("dynamodb"), "batches", "quarantine release", now)


def released(delivery: Delivery, prefix: str = "") -> tuple[int, FakeStream]:
    stream = FakeStream()
    return Release(delivery.quarantine, stream, lease(), lambda: LATER).release(prefix).put, stream


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


def test_a_record_that_is_in_two_files_is_released_once():
    delivery = Delivery()
    delivery.run(record(message(id=None)))
    # A release that was interrupted before it removed the file.
    _, stream = released(deepcopy(delivery))
    delivery.run(*(data for _, data in stream.records), b"{}")
    assert len(delivery.quarantine.files) == 3
    done = Release(delivery.quarantine, FakeStream(), lease(), lambda: LATER).release("missing_field/")
    assert (done.put, done.doubles) == (1, 1)
    assert [kept.reason for kept in delivery.quarantine.records] == ["invalid_envelope"]


def test_a_file_that_is_gone_is_named_and_the_others_are_released():
    delivery = Delivery()
    delivery.run(record(message(id=None)), record(b"{"))
    names = sorted(delivery.quarantine.files)
    delivery.quarantine.expired = names[0]
    assert [name for name, _ in existing(delivery.quarantine, "")] == names[1:]
    done = Release(delivery.quarantine, FakeStream(), lease(), lambda: LATER).release("")
    assert (done.put, done.gone) == (1, names[:1])
    assert f"files that were gone: {names[0]}" in str(done)


def test_a_second_release_is_refused_while_one_runs():
    delivery = Delivery()
    delivery.run(record(message(id=None)))
    refusals = []

    class Stream(FakeStream):
        def put(self, records) -> None:
            super().put(records)
            with pytest.raises(LeaseHeld) as refusal:
                released(delivery)
            refusals.append(str(refusal.value))

    stream = Stream()
    done = Release(delivery.quarantine, stream, lease(), lambda: LATER).release("")
    assert (done.put, len(stream.records)) == (1, 1)
    assert refusals == [
        "quarantine release is running in another task; if that was killed, try again after 17:15:00 UTC"
    ]
    assert released(delivery)[0] == 0


def test_the_lease_of_a_killed_task_ends_after_its_time():
    lease(lambda: LATER).renew()
    with pytest.raises(LeaseHeld):
        lease(lambda: LATER + SECONDS * 1000).renew()
    new = lease(lambda: LATER + (SECONDS + 1) * 1000)
    with new.held():
        new.renew()


class FakeBucket:
    """A bucket of S3."""

    exceptions = SimpleNamespace(NoSuchKey=KeyError)

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
    release = Release(DeliveryErrors(lambda: bucket, "telemetry"), stream, lease(), lambda: LATER)
    assert release.release("").put == 1
    ((partition_key, data),) = stream.records
    assert partition_key == "sensor-1"
    assert json.loads(data) == {**json.loads(record()), "released_at": LATER}
    (staying,) = bucket.objects[key].splitlines()
    assert base64.b64decode(json.loads(staying)["rawData"]) == b"no json"
    assert release.release("").put == 0
    bucket.objects[key] = error_document(json.dumps({**json.loads(record()), "received_at": 1}).encode())
    assert release.release("").put == 1
    assert list(bucket.objects) == ["telemetry/x"]


def conversion_document(row: bytes) -> bytes:
    """As Firehose writes it of a row that it could not convert."""
    document = {
        "attemptsMade": 1,
        "arrivalTimestamp": RECEIVED_AT,
        "ErrorCode": "DataFormatConversion.EntityNotFound",
        "ErrorMessage": "The specified table/database could not be found.",
        "attemptEndingTimestamp": RECEIVED_AT + 1000,
        "rawData": base64.b64encode(row).decode(),
        "sequenceNumber": "1",
        "subSequenceNumber": 0,
        "dataCatalogTable": {"tableName": "telemetry"},
    }
    return json.dumps(document).encode() + b"\n"


def test_rows_that_could_not_be_converted_are_released_as_the_records_they_came_from():
    sent = message(measurements={"temperature": 300.15, "battery": 0.5}, units={"temperature": "K"})
    (result,) = Delivery().run(record(sent))
    row = base64.b64decode(result["data"])
    bucket = FakeBucket({"errors/format-conversion-failed/delivery-1": conversion_document(row)})
    stream = FakeStream()
    done = Release(DeliveryErrors(lambda: bucket, "telemetry"), stream, lease(), lambda: LATER).release("")
    assert (done.put, bucket.objects) == (1, {})
    ((_, data),) = stream.records
    assert json.loads(data)["released_at"] == LATER
    (again,) = Delivery().run(data)
    assert (again["result"], base64.b64decode(again["data"]), again["metadata"]) == ("Ok", row, result["metadata"])
