"""Messages of devices, as the topic rule writes them into the stream."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime

NOON = 1_795_780_800_000


def envelopes(count: int, devices: int | None = None) -> Iterator[bytes]:
    """Make records of the stream, each of another device unless there are fewer; all of them are valid."""
    devices = devices or count
    for number in range(count):
        received_at = NOON + number * 17
        envelope = {
            "payload": base64.b64encode(message(number, received_at - 40 - number % 900)).decode(),
            "device_id": f"sensor-{number % devices:05d}",
            "received_at": received_at,
            "source_id": f"{number:08x}-57b1-4f62-9d07-2c1f6b0e4a11",
        }
        yield json.dumps(envelope, separators=(",", ":")).encode()


def rows(count: int, devices: int) -> Iterator[bytes]:
    """Make rows of the telemetry table, as the transform returns them to Firehose."""
    for number in range(count):
        content = json.loads(message(number, NOON + number * 6000))
        event_time = content["time"].replace("T", " ").removesuffix("Z")
        row = {
            "device_id": f"sensor-{number % devices:05d}",
            "message_id": content["id"],
            "source_id": f"{number:08x}-57b1-4f62-9d07-2c1f6b0e4a11",
            "event_time": event_time,
            "received_at": event_time,
            **content["measurements"],
        }
        yield json.dumps(row, separators=(",", ":")).encode()


def message(number: int, milliseconds: int) -> bytes:
    """Make a message with four measurements, of a moment in milliseconds since 1970."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    content = {
        "id": f"m-{number:08d}",
        "time": moment.replace("+00:00", "Z"),
        "measurements": {
            "temperature": round(19 + number % 37 / 10, 1),
            "humidity": round(40 + number % 113 / 10, 1),
            "pressure": round(1009 + number % 71 / 10, 1),
            "battery": round(0.5 + number % 47 / 100, 2),
        },
    }
    return json.dumps(content, separators=(",", ":")).encode()
