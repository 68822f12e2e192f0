"""Transforms one batch of Firehose's records again and again: for each line on stdin, the microseconds CPU of a record.

A line is a way: `ours` is pipeline_app's transform, with its counts; `bare` is a loop with msgspec that decodes,
validates and encodes, and no more; `json` makes the same bytes as ours with `json` and checks by hand. Both raise an
exception at the first record that is not valid. The batch is Firehose's event, in a file that BENCH_INPUT names. The
first line on stdout says whether `json` returns the same as ours, and `bare` a result for each record.
"""

import importlib
import json
import logging
import os
import re
import sys
import time
from base64 import b64decode, b64encode
from binascii import a2b_base64, b2a_base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])

from msgspec import Meta, Struct
from msgspec.json import Decoder, Encoder

RECORDS = json.loads(Path(os.environ["BENCH_INPUT"]).read_bytes())["records"]
SECONDS = 0.25
Results = list[dict[str, Any]]
OLDEST, LATEST = timedelta(days=-7), timedelta(minutes=5)
transform = importlib.import_module("chalicelib.pipeline.delivery.transform").Transform
nowhere = SimpleNamespace(put=lambda *_: None)


def ours() -> Results:
    """The use case of pipeline_app, without what it writes to AWS."""
    results: Results = transform(nowhere, nowhere, logging.getLogger()).run(RECORDS)
    return results


class Envelope(Struct):
    """A record of the stream."""

    payload: bytes
    device_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")]
    received_at: Annotated[int, Meta(ge=0)]
    source_id: Annotated[str, Meta(min_length=36, max_length=36)]


class Measurements(Struct, forbid_unknown_fields=True):
    """Measurements in canonical units."""

    temperature: Annotated[float, Meta(ge=-100, le=200)] | None = None
    humidity: Annotated[float, Meta(ge=0, le=100)] | None = None
    pressure: Annotated[float, Meta(ge=200, le=1200)] | None = None
    battery: Annotated[float, Meta(ge=0, le=1)] | None = None


class Message(Struct, forbid_unknown_fields=True):
    """What a device sends."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z")]
    time: Annotated[datetime, Meta(tz=True)]
    measurements: Measurements


class Row(Struct, omit_defaults=True):
    """One row of the table."""

    device_id: str
    message_id: str
    source_id: str
    event_time: datetime
    received_at: int
    temperature: float | None = None
    humidity: float | None = None
    pressure: float | None = None
    battery: float | None = None


decode_envelope, decode_message, encode = Decoder(Envelope).decode, Decoder(Message).decode, Encoder().encode


def bare() -> Results:
    """Decode, validate, encode: times stay as they are, nothing is compared, no partition is named."""
    results = []
    for record in RECORDS:
        envelope = decode_envelope(a2b_base64(record["data"]))
        message = decode_message(envelope.payload)
        values = message.measurements
        row = Row(
            envelope.device_id,
            message.id,
            envelope.source_id,
            message.time,
            envelope.received_at,
            values.temperature,
            values.humidity,
            values.pressure,
            values.battery,
        )
        data = b2a_base64(encode(row), newline=False).decode()
        results.append({"recordId": record["recordId"], "result": "Ok", "data": data})
    return results


ID, DEVICE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}"), re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
RANGES = {"temperature": (-100, 200), "humidity": (0, 100), "pressure": (200, 1200), "battery": (0, 1)}


def by_hand() -> Results:
    """What ours does to valid records, with `json`."""
    results = []
    for record in RECORDS:
        envelope = json.loads(b64decode(record["data"]))
        message = json.loads(b64decode(envelope["payload"], validate=True))
        values = message["measurements"]
        received_at, event = envelope["received_at"], datetime.fromisoformat(message["time"])
        texts = envelope["device_id"], message["id"], envelope["source_id"]
        if not all(isinstance(text, str) for text in texts) or not isinstance(received_at, int):
            raise TypeError(texts)
        if not (DEVICE_ID.fullmatch(texts[0]) and ID.fullmatch(texts[1]) and len(texts[2]) == 36):
            raise ValueError(texts)
        if message.keys() - {"id", "time", "measurements"} or values.keys() - RANGES.keys() or event.tzinfo is None:
            raise ValueError(message)
        for name, value in values.items():
            low, high = RANGES[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise ValueError(name)
        received, event = datetime.fromtimestamp(received_at / 1000, UTC), event.astimezone(UTC)
        if not OLDEST <= event - received <= LATEST:
            raise ValueError(event)
        event_time, received_time = (each.isoformat(" ", "milliseconds")[:23] for each in (event, received))
        row = dict(zip(Row.__struct_fields__, (*texts, event_time, received_time), strict=False)) | {
            name: float(values[name]) for name in RANGES if name in values
        }
        data = b64encode(json.dumps(row, separators=(",", ":")).encode()).decode()
        keys = {"event_date": event_time[:10], "event_hour": event_time[11:13]}
        metadata = {"partitionKeys": keys}
        results.append({"recordId": record["recordId"], "result": "Ok", "data": data, "metadata": metadata})
    return results


WAYS = {"ours": ours, "bare": bare, "json": by_hand}
print(json.dumps(ours() == by_hand() and len(bare()) == len(RECORDS)), flush=True)
for line in sys.stdin:
    way, batches, began = WAYS[line.strip()], 0, time.process_time()
    while (spent := time.process_time() - began) < SECONDS:
        way()
        batches += 1
    print(spent / batches / len(RECORDS) * 1e6, flush=True)
