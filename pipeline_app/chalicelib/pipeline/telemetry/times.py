"""When something happened, by a device's clock: in milliseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

from chalicelib.pipeline.telemetry.reasons import Invalid, Reason

MAX_AGE_MS = 7 * 24 * 3_600_000
MAX_LEAD_MS = 5 * 60_000
# Numbers from here on are milliseconds: as milliseconds it is a time in 1973, as seconds one in the year 5138.
_FIRST_MS = 100_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def event_time_ms(time: datetime | int | float, received_at_ms: int) -> int:
    """Normalise a device's time, and compare it with the time of its arrival.

    Raises
    ------
    Invalid
        It has no offset from UTC, or is too far from the time of arrival.
    """
    if not isinstance(time, datetime):
        milliseconds = round(time if abs(time) >= _FIRST_MS else time * 1000)
    elif time.tzinfo is None:
        raise Invalid(Reason.TIME_WITHOUT_OFFSET, f"{time.isoformat()} has no offset from UTC")
    else:
        milliseconds = (time - _EPOCH) // _MILLISECOND
    if -MAX_AGE_MS <= milliseconds - received_at_ms <= MAX_LEAD_MS:
        return milliseconds
    if milliseconds < received_at_ms:
        raise Invalid(Reason.EVENT_TIME_TOO_OLD, f"{_text(milliseconds)} is more than 7 days before arrival")
    raise Invalid(Reason.EVENT_TIME_IN_FUTURE, f"{_text(milliseconds)} is more than 5 minutes after arrival")


def _text(milliseconds: int) -> str:
    try:
        return (_EPOCH + milliseconds * _MILLISECOND).isoformat(timespec="milliseconds")
    except OverflowError:
        return "a time outside of the years 1 to 9999"
