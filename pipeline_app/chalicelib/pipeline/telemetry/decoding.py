"""Decodes a record of the stream."""

import msgspec
from chalicelib.pipeline.telemetry.envelope import Envelope, rejected_envelope
from chalicelib.pipeline.telemetry.measurements import canonical
from chalicelib.pipeline.telemetry.message import (
    NO_MEASUREMENTS,
    CanonicalMessage,
    Message,
    decode_canonical,
    decode_message,
)
from chalicelib.pipeline.telemetry.model import Heartbeat, Reading, Rejected
from chalicelib.pipeline.telemetry.reasons import Invalid
from chalicelib.pipeline.telemetry.times import event_time_ms

_decoder = msgspec.json.Decoder(Envelope)


def decode(envelope: bytes) -> Reading | Heartbeat | Rejected:
    """Decode, validate and normalise one record of the stream.

    The device's id is the one that AWS IoT knows, never one from the message. No input raises an exception.
    """
    try:
        record = _decoder.decode(envelope)
    # Not only msgspec's errors: also UnicodeDecodeError, and RecursionError for a field that is nested deeply.
    except (ValueError, RecursionError) as error:
        return rejected_envelope(envelope, error)
    try:
        return _read(record)
    except Invalid as error:
        return Rejected(
            reason=error.reason,
            detail=error.detail,
            device_id=record.device_id,
            source_id=record.source_id,
            received_at_ms=record.received_at,
            payload=record.payload,
            is_released=record.released_at is not None,
        )


def _read(record: Envelope) -> Reading | Heartbeat:
    message: CanonicalMessage | Message | None = decode_canonical(record.payload)
    if isinstance(message, CanonicalMessage):
        measured = message.measurements
    else:
        message = decode_message(record.payload)
        measured = canonical(message.measurements, message.units)
    event_time, received_at = event_time_ms(message.time, record.received_at), record.received_at
    is_released = record.released_at is not None
    if measured == NO_MEASUREMENTS:
        return Heartbeat(record.device_id, message.id, record.source_id, event_time, received_at, is_released)
    return Reading(
        record.device_id,
        message.id,
        record.source_id,
        event_time,
        received_at,
        measured.temperature,
        measured.humidity,
        measured.pressure,
        measured.battery,
        is_released,
    )
