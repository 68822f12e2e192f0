"""The record in the stream: a device's message, and what AWS IoT knows about it."""

import re
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from chalicelib.pipeline.device_id import DEVICE_ID, DeviceId
from chalicelib.pipeline.telemetry.model import Rejected
from chalicelib.pipeline.telemetry.reasons import Reason
from msgspec import Meta

# A UUID of AWS IoT, which no device can choose.
SourceId = Annotated[str, Meta(min_length=36, max_length=36)]
# Before the year 9999, the last that dates can have: an event may be some minutes later than its arrival.
EpochMs = Annotated[int, Meta(ge=0, lt=253_370_764_800_000)]


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """One record of the stream, as the topic rule writes it.

    `payload` is base64 in JSON. `received_at` is in milliseconds since 1970. `source_id` is a UUID. `released_at` says
    when an operator put the record into the stream again, in milliseconds since 1970. `decode_envelope` checks the
    device's id.
    """

    payload: bytes
    device_id: str
    received_at: EpochMs
    source_id: SourceId
    released_at: EpochMs | None = None


_decode = msgspec.json.Decoder(Envelope).decode


def decode_envelope(record: bytes) -> Envelope:
    """Decode a record of the stream.

    Raises
    ------
    ValueError, RecursionError
        It is not an envelope. msgspec's errors are not the only ones: UnicodeDecodeError is a ValueError, and a field
        that is nested deeply is a RecursionError.
    """
    envelope = _decode(record)
    if not _is_device_id(envelope.device_id):
        raise msgspec.ValidationError("Expected the id of a device - at `$.device_id`")
    return envelope


@lru_cache(maxsize=50_000)
def _is_device_id(text: str) -> bool:
    """Match the id. The same devices send again and again, and a match takes as long as half of the decoding."""
    return re.match(DEVICE_ID, text) is not None


class _Readable(msgspec.Struct):
    """What can be said about a record whose envelope is invalid."""

    device_id: object = None
    source_id: object = None
    received_at: object = None
    released_at: object = None


_REASONS = {"$.payload": Reason.INVALID_BASE64, "$.device_id": Reason.INVALID_DEVICE_ID}


def rejected_envelope(record: bytes, error: Exception) -> Rejected:
    """Describe a record that is not an envelope, with those of its fields that are valid."""
    message = str(error)
    path = message.rpartition("`")[0].rpartition("`")[2]
    try:
        readable = msgspec.json.decode(record, type=_Readable)
    except (ValueError, RecursionError):
        readable = _Readable()
    return Rejected(
        reason=_REASONS.get(path, Reason.INVALID_ENVELOPE),
        detail=message,
        device_id=_valid(readable.device_id, DeviceId),
        source_id=_valid(readable.source_id, SourceId),
        received_at_ms=_valid(readable.received_at, EpochMs),
        payload=record,
        is_released=readable.released_at is not None,
    )


def _valid(value: object, kind: Any) -> Any:
    """Return the value if it is of the kind, else None."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None
