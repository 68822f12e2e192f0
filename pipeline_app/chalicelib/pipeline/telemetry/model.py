"""What a record can be: a reading, a heartbeat, or rejected."""

import msgspec
from chalicelib.pipeline.telemetry.reasons import Reason


class Heartbeat(msgspec.Struct, frozen=True, gc=False):
    """A valid message without measurements.

    Times are in milliseconds since 1970. `is_released` says that an operator has put the record into the stream again.
    """

    device_id: str
    message_id: str
    source_id: str
    event_time_ms: int
    received_at_ms: int
    is_released: bool = False


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A valid message with at least one measurement.

    Times are in milliseconds since 1970; the temperature is in °C, the humidity in %, the pressure in hPa, and the
    battery's charge from 0 to 1. A measurement that the device did not send is None.
    """

    device_id: str
    message_id: str
    source_id: str
    event_time_ms: int
    received_at_ms: int
    temperature: float | None
    humidity: float | None
    pressure: float | None
    battery: float | None
    is_released: bool = False


class Rejected(msgspec.Struct, frozen=True):
    """A record that breaks a rule.

    `payload` is what the device sent, or the whole record if its envelope cannot be read; then what is not known of
    the envelope is None.
    """

    reason: Reason
    detail: str
    device_id: str | None
    source_id: str | None
    received_at_ms: int | None
    payload: bytes
    is_released: bool = False
