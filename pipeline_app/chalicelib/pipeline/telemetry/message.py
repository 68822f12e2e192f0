"""What a device sends."""

import re
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from chalicelib.pipeline.telemetry.reasons import Invalid, Reason
from msgspec import Meta

MAX_BYTES = 8192
_ID = r"^[A-Za-z0-9_.:-]{1,64}\Z"
MessageId = Annotated[str, Meta(pattern=_ID)]


class Measurements(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The measurements of one message, in the units of the message; null is the same as absent."""

    temperature: float | None = None
    humidity: float | None = None
    pressure: float | None = None
    battery: float | None = None


class CanonicalMeasurements(Measurements, frozen=True, gc=False, forbid_unknown_fields=True):
    """Measurements in canonical units, each in the range that is physically possible.

    The ranges are wider than those of common sensors, such as -40 to 85 °C and 300 to 1100 hPa
    (https://www.bosch-sensortec.com/products/environmental-sensors/humidity-sensors-bme280/).
    """

    # °C
    temperature: Annotated[float, Meta(ge=-100, le=200)] | None = None
    # %
    humidity: Annotated[float, Meta(ge=0, le=100)] | None = None
    # hPa
    pressure: Annotated[float, Meta(ge=200, le=1200)] | None = None
    # From empty to full.
    battery: Annotated[float, Meta(ge=0, le=1)] | None = None


class Units(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The units of a message's measurements; without it, they are the canonical ones."""

    temperature: Literal["C", "F", "K"] = "C"
    humidity: Literal["%", "ratio"] = "%"
    pressure: Literal["hPa", "Pa", "kPa", "bar", "psi"] = "hPa"
    battery: Literal["ratio", "%"] = "ratio"


CANONICAL = Units()
NO_MEASUREMENTS = CanonicalMeasurements()


class Message(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One message. `time` is RFC 3339, or a number of seconds or of milliseconds since 1970."""

    id: MessageId
    time: datetime | int | float
    measurements: Measurements = Measurements()
    units: Units = CANONICAL


class CanonicalMessage(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A message in canonical units. `decode_canonical` checks its id; its time is not checked yet."""

    id: str
    time: datetime | int | float
    measurements: CanonicalMeasurements = NO_MEASUREMENTS


_decoder = msgspec.json.Decoder(Message)
_is_id = re.compile(_ID).match
_canonical_decoder = msgspec.json.Decoder(CanonicalMessage)


def decode_canonical(payload: bytes) -> CanonicalMessage | None:
    """Decode a message without units; None if it has units or is not valid, which `decode_message` finds out."""
    if len(payload) > MAX_BYTES:
        return None
    try:
        message = _canonical_decoder.decode(payload)
    except ValueError:
        return None
    # One call of `re` takes half as long as msgspec's check of a pattern.
    return message if _is_id(message.id) else None


def decode_message(payload: bytes) -> Message:
    """Decode a device's message.

    Raises
    ------
    Invalid
        It is too large, not JSON, or not of the form of a message.
    """
    if len(payload) > MAX_BYTES:
        raise Invalid(Reason.PAYLOAD_TOO_LARGE, f"{len(payload)} bytes; at most {MAX_BYTES} are accepted")
    try:
        return _decoder.decode(payload)
    except UnicodeDecodeError as error:
        raise Invalid(Reason.INVALID_UTF8, str(error)) from error
    except msgspec.ValidationError as error:
        raise Invalid(_reason(str(error)), str(error)) from error
    except msgspec.DecodeError as error:
        raise Invalid(_reason_of_bytes(payload), str(error)) from error


# The errors of msgspec have no codes. Its version is pinned, and each of these texts has a test.
_BY_ERROR = (
    ("Object missing required field", Reason.MISSING_FIELD),
    ("Object contains unknown field", Reason.UNKNOWN_FIELD),
    ("Invalid enum value", Reason.UNKNOWN_UNIT),
    ("Expected `str` matching regex", Reason.INVALID_ID),
    ("Invalid RFC3339", Reason.INVALID_TIME),
    ("Integer value out of range", Reason.INVALID_TIME),
)


def _reason(error: str) -> Reason:
    if error.startswith("Number out of range"):
        return Reason.INVALID_TIME if error.endswith("`$.time`") else Reason.OUT_OF_RANGE
    return next((reason for start, reason in _BY_ERROR if error.startswith(start)), Reason.WRONG_TYPE)


def _reason_of_bytes(payload: bytes) -> Reason:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return Reason.INVALID_UTF8
    return Reason.INVALID_JSON
