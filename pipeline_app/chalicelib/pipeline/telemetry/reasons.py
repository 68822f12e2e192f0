"""Why a record is quarantined."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a record is quarantined; `description` is one sentence for operators."""

    description: str

    def __new__(cls, value: str, description: str) -> "Reason":
        """Make a reason from its name in keys and counts, and its sentence."""
        reason = str.__new__(cls, value)
        reason._value_ = value
        reason.description = description
        return reason

    INVALID_ENVELOPE = "invalid_envelope", "The record is not what the topic rule writes."
    INVALID_DEVICE_ID = "invalid_device_id", "The device id is not 1 to 64 letters, digits, hyphens and underscores."
    INVALID_BASE64 = "invalid_base64", "The record's payload is not base64."
    PAYLOAD_TOO_LARGE = "payload_too_large", "The message has more than 8 KB."
    INVALID_UTF8 = "invalid_utf8", "The message is not UTF-8."
    INVALID_JSON = "invalid_json", "The message is not JSON; NaN and Infinity are not JSON."
    MISSING_FIELD = "missing_field", "The message has no id or no time."
    UNKNOWN_FIELD = "unknown_field", "The message has a field, a measurement or a unit that does not exist."
    WRONG_TYPE = "wrong_type", "A value has another JSON type than its field, such as a number as text."
    INVALID_ID = "invalid_id", "The message's id is not 1 to 64 letters, digits and `_ . : -`."
    UNKNOWN_UNIT = "unknown_unit", "A measurement cannot be converted from its unit."
    OUT_OF_RANGE = "out_of_range", "A measurement is not physically possible."
    INVALID_TIME = "invalid_time", "The time is neither RFC 3339 nor a number of seconds or milliseconds since 1970."
    TIME_WITHOUT_OFFSET = "time_without_offset", "The time has no offset from UTC."
    EVENT_TIME_TOO_OLD = "event_time_too_old", "The event is more than 7 days older than its arrival."
    EVENT_TIME_IN_FUTURE = "event_time_in_future", "The event is more than 5 minutes later than its arrival."


class Invalid(ValueError):
    """A message breaks a rule; `detail` names the field."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
