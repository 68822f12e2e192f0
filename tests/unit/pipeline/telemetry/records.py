"""Records of the stream, for tests."""

import base64
import json
from typing import Any

# 2026-11-27T17:00:00Z, in milliseconds since 1970.
RECEIVED_AT = 1_795_798_800_000
SOURCE_ID = "6f1c1f0a-2f3e-4c8e-9d55-0a8f3c5b7e21"
MESSAGE: dict[str, Any] = {"id": "m-1", "time": "2026-11-27T17:00:00.250Z", "measurements": {"temperature": 21.4}}


def message(**fields: Any) -> bytes:
    """A valid message with other fields; a field that is None is absent."""
    fields = {**MESSAGE, **fields}
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


def record(sent: bytes | None = None, /, **fields: Any) -> bytes:
    """A valid record of what a device sent, with other fields; a field that is None is absent."""
    text = base64.b64encode(message() if sent is None else sent).decode()
    valid = {"payload": text, "device_id": "sensor-1", "received_at": RECEIVED_AT, "source_id": SOURCE_ID}
    fields = {**valid, **fields}
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()
