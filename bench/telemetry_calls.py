"""Calls of pipeline_app's functions, and what AWS answers to them, as bytes on the wire."""

import base64
import json
from typing import Any

from bench import telemetry_records
from bench.get_todos import api_event
from bench.warm_function import Call

_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/telemetry"


def list_devices(devices: int, variables: dict[str, str]) -> Call:
    """An operator lists devices: the whole page is answered by one Scan."""
    items = [device_item(number) for number in range(devices)]
    scan = {"Items": items, "Count": devices, "ScannedCount": devices}
    return Call(api_event("GET", "/devices"), {"Scan": scan})


def update_fleet(messages: int) -> Call:
    """Kinesis delivers messages of as many devices, of which nothing is known yet."""
    records = [_stream_record(number, data) for number, data in enumerate(telemetry_records.envelopes(messages))]
    answers: dict[str, Any] = {"BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}}, "PutItem": {}}
    return Call({"Records": records}, answers, function="update_fleet")


def device_item(number: int) -> dict[str, Any]:
    """Return the item of a device's state."""
    device_id = f"sensor-{number:05d}"
    state = {
        "device_id": device_id,
        "version": 1440,
        "last_sequence": str(10**55 + number),
        "last_seen": telemetry_records.NOON,
        "event_time": telemetry_records.NOON - 250,
        "measurements": {"temperature": 4.2, "humidity": 61.5, "pressure": 1013.2, "battery": 0.87},
        "alerts": {},
    }
    return {
        "device_id": {"S": device_id},
        "version": {"N": "1440"},
        "last_seen": {"N": str(telemetry_records.NOON)},
        "data": {"S": json.dumps(state, separators=(",", ":"))},
        "watch_shard": {"S": f"{number % 16:02d}"},
    }


def minute_item(number: int) -> dict[str, Any]:
    """Return the item of a minute of one device: 60 readings."""
    device_id, minute = "sensor-00007", f"2026-11-27T{number // 60:02d}:{number % 60:02d}"
    lowest = {"temperature": 20.5, "humidity": 48.1, "pressure": 1012.8, "battery": 0.87}
    state = {
        "device_id": device_id,
        "minute": minute,
        "last_sequence": str(10**55 + number),
        "readings": 60,
        "measurements": {
            name: {"count": 60, "sum": round(value * 60 + 11.7, 3), "min": value, "max": value + 0.4}
            for name, value in lowest.items()
        },
    }
    return {
        "device_id": {"S": device_id},
        "minute": {"S": minute},
        "last_sequence": {"S": state["last_sequence"]},
        "data": {"S": json.dumps(state, separators=(",", ":"))},
        "expires_at": {"N": "1900000000"},
    }


def _stream_record(number: int, data: bytes) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": f"sensor-{number:05d}",
            "sequenceNumber": str(10**55 + number),
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": telemetry_records.NOON / 1000,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{10**55 + number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/update-fleet",
        "awsRegion": "us-east-1",
        "eventSourceARN": _ARN,
    }
