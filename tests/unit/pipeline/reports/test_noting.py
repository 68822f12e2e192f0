"""Events of S3 as the queue delivers them."""

import json

import pytest
from chalicelib.pipeline.reports.model import Window
from chalicelib.pipeline.reports.noting import TelemetryObject, UnknownObject, objects_of

KEY = "telemetry/event_date=2026-11-27/event_hour=17/delivery-1.parquet"


def message(*keys, **more):
    records = [{"s3": {"object": {"key": key, "eTag": "e1", "sequencer": "00A", **more}}} for key in keys]
    records = [{"eventTime": "2026-11-27T17:00:00.250Z", **record} for record in records]
    return {"body": json.dumps({"Records": records})}


def test_an_event_names_the_versions_of_objects():
    assert objects_of(message(KEY)) == [TelemetryObject(KEY, "00A", 1_795_798_800_250)]
    assert len(objects_of(message(KEY, KEY.replace("1.", "2.")))) == 2


def test_keys_are_decoded():
    encoded = KEY.replace("=", "%3D").replace("delivery-1", "a+b%2B")
    assert objects_of(message(encoded))[0].key == KEY.replace("delivery-1", "a b+")


def test_the_test_event_of_s3_has_no_objects():
    assert objects_of({"body": json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"})}) == []


def test_an_object_belongs_to_its_hour_and_its_day():
    assert TelemetryObject(KEY, "1", 0).windows == [Window("2026-11-27T17"), Window("2026-11-27")]


@pytest.mark.parametrize(
    "key",
    [
        "telemetry/event_date=2026-11-27/event_hour=24/a",
        "telemetry/event_date=2026-02-30/event_hour=00/a",
        "telemetry/event_date=2026-11-27/event_hour=1/a",
        "telemetry/event_date=2026-11-27/a",
        "errors/processing-failed/2026/11/27/a",
        "telemetry/event_date=2026-11-27/event_hour=17/../../a",
    ],
)
def test_a_key_of_another_form_is_refused(key):
    with pytest.raises(UnknownObject):
        _ = TelemetryObject(key, "1", 0).windows
