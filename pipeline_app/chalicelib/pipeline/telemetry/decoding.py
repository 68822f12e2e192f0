"""Decodes a record of the stream."""

from chalicelib.pipeline.telemetry.envelope import Envelope, decode_envelope, rejected_envelope
from chalicelib.pipeline.telemetry.measurements import canonical
from chalicelib.pipeline.telemetry.message import NO_MEASUREMENTS, decode_canonical, decode_message
from chalicelib.pipeline.telemetry.model import Heartbeat, Reading, Rejected
from chalicelib.pipeline.telemetry.reasons import Invalid
from chalicelib.pipeline.telemetry.times import event_time_ms


def decode(envelope: bytes) -> Reading | Heartbeat | Rejected:
    """Decode, validate and normalise one record of the stream.

    The device's id is the one that AWS IoT knows, never one from the message. No input raises an exception.
    """
    try:
        record = decode_envelope(envelope)
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
    valid = decode_canonical(record.payload)
    if valid is None:
        message = decode_message(record.payload)
        message_id, time, measured = message.id, message.time, canonical(message.measurements, message.units)
    else:
        message_id, time, measured = valid.id, valid.time, valid.measurements
    event_time, received_at = event_time_ms(time, record.received_at), record.received_at
    is_released = record.released_at is not None
    # Comparing two structs takes longer than looking at one field.
    if measured.temperature is None and measured == NO_MEASUREMENTS:
        return Heartbeat(record.device_id, message_id, record.source_id, event_time, received_at, is_released)
    return Reading(
        record.device_id,
        message_id,
        record.source_id,
        event_time,
        received_at,
        measured.temperature,
        measured.humidity,
        measured.pressure,
        measured.battery,
        is_released,
    )
