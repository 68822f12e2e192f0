"""What a device sends."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from chalicelib.pipeline.telemetry.reasons import Invalid, Reason
from msgspec import Meta

MAX_BYTES = 8192
MessageId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z")]


class Measurements(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The measurements of one message, in the units of the message; null is the same as absent."""

    temperature: float | None = None
    humidity: float | None = None
    pressure: float | None = None
    battery: float | None = None


class Units(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The units of a message's measurements; without it, they are the canonical ones."""

    temperature: Literal["C", "F", "K"] = "C"
    humidity: Literal["%", "ratio"] = "%"
    pressure: Literal["hPa", "Pa", "kPa", "bar", "psi"] = "hPa"
    battery: Literal["ratio", "%"] = "ratio"


CANONICAL = Units()
NO_MEASUREMENTS = Measurements()


class Message(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One message. `time` is RFC 3339, or a number of seconds or of milliseconds since 1970."""

    id: MessageId
    time: datetime | int | float
    measurements: Measurements = NO_MEASUREMENTS
    units: Units = CANONICAL


_decoder = msgspec.json.Decoder(Message)


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
