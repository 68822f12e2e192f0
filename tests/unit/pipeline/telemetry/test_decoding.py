"""What becomes of a record of the stream."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from chalicelib.pipeline.telemetry.decoding import decode
from chalicelib.pipeline.telemetry.model import Heartbeat, Reading, Rejected
from chalicelib.pipeline.telemetry.reasons import Reason
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pipeline.telemetry.records import MESSAGE, RECEIVED_AT, SOURCE_ID, message, record

DAY = 24 * 3_600_000


def reading(**fields) -> Reading:
    result = decode(record(message(**fields)))
    assert isinstance(result, Reading), result
    return result


def reason(payload: bytes) -> str:
    result = decode(record(payload))
    assert isinstance(result, Rejected), result
    assert result.payload == payload
    assert (result.device_id, result.source_id, result.received_at_ms) == ("sensor-1", SOURCE_ID, RECEIVED_AT)
    assert result.detail
    return result.reason


def test_a_reading_has_the_values_that_the_device_sent_and_the_time_in_milliseconds():
    values = {"temperature": 21.4, "humidity": 40, "pressure": 1013.2, "battery": 0.87}
    assert reading(measurements=values) == Reading(
        device_id="sensor-1",
        message_id="m-1",
        source_id=SOURCE_ID,
        event_time_ms=RECEIVED_AT + 250,
        received_at_ms=RECEIVED_AT,
        temperature=21.4,
        humidity=40.0,
        pressure=1013.2,
        battery=0.87,
    )


@pytest.mark.parametrize("measurements", [None, {}, {"temperature": None}])
def test_a_message_without_measurements_is_a_heartbeat(measurements):
    result = decode(record(message(measurements=measurements)))
    assert result == Heartbeat("sensor-1", "m-1", SOURCE_ID, RECEIVED_AT + 250, RECEIVED_AT)


@pytest.mark.parametrize(
    ("name", "unit", "sent", "canonical"),
    [
        ("temperature", "C", 20, 20.0),
        ("temperature", "F", 70, 21.111111),
        ("temperature", "K", 293.15, 20.0),
        ("humidity", "%", 57, 57.0),
        ("humidity", "ratio", 0.57, 57.0),
        ("pressure", "hPa", 1013.25, 1013.25),
        ("pressure", "Pa", 101_325, 1013.25),
        ("pressure", "kPa", 101.325, 1013.25),
        ("pressure", "bar", 1.01325, 1013.25),
        ("pressure", "psi", 14.7, 1013.529322),
        ("battery", "ratio", 0.29, 0.29),
        ("battery", "%", 29, 0.29),
    ],
)
def test_units_become_canonical(name, unit, sent, canonical):
    assert getattr(reading(measurements={name: sent}, units={name: unit}), name) == canonical


def test_a_unit_may_be_named_of_a_measurement_that_was_not_sent():
    assert reading(units={"pressure": "bar"}).pressure is None


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-27T17:00:00.250Z",
        "2026-11-27T17:00:00.250999Z",
        "2026-11-27T22:30:00.250+05:30",
        "2026-11-27T09:00:00.250-08:00",
        1_795_798_800.25,
        1_795_798_800_250,
        1_795_798_800_250.0,
    ],
)
def test_times_of_every_form_and_offset_are_one_time_in_utc(time):
    assert reading(time=time).event_time_ms == RECEIVED_AT + 250


def test_seconds_since_1970_keep_their_milliseconds():
    assert reading(time=1_795_798_800.001).event_time_ms == RECEIVED_AT + 1


@pytest.mark.parametrize("milliseconds", [-7 * DAY, 0, 5 * 60_000])
def test_the_clock_of_a_device_may_differ_from_the_time_of_arrival(milliseconds):
    assert reading(time=RECEIVED_AT + milliseconds).event_time_ms == RECEIVED_AT + milliseconds


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (RECEIVED_AT - 7 * DAY - 1, Reason.EVENT_TIME_TOO_OLD),
        (RECEIVED_AT + 5 * 60_000 + 1, Reason.EVENT_TIME_IN_FUTURE),
        (0, Reason.EVENT_TIME_TOO_OLD),
        (-1, Reason.EVENT_TIME_TOO_OLD),
        ("1970-01-01T00:00:00Z", Reason.EVENT_TIME_TOO_OLD),
        ("0001-01-01T00:00:00+23:59", Reason.EVENT_TIME_TOO_OLD),
        ("2099-01-01T00:00:00Z", Reason.EVENT_TIME_IN_FUTURE),
        ("9999-12-31T23:59:59-23:59", Reason.EVENT_TIME_IN_FUTURE),
        (4_070_908_800, Reason.EVENT_TIME_IN_FUTURE),
        (10**300, Reason.EVENT_TIME_IN_FUTURE),
        (-(10**300), Reason.EVENT_TIME_TOO_OLD),
        (1e300, Reason.EVENT_TIME_IN_FUTURE),
        ("2026-11-27T17:00:00", Reason.TIME_WITHOUT_OFFSET),
        ("2026-11-27", Reason.INVALID_TIME),
        ("1795798800", Reason.INVALID_TIME),
        ("2026-11-27T23:59:60Z", Reason.INVALID_TIME),
        ("", Reason.INVALID_TIME),
        (True, Reason.WRONG_TYPE),
        ([], Reason.WRONG_TYPE),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_time_that_cannot_be_right_is_rejected(time, expected):
    assert reason(message(time=time)) == expected


@pytest.mark.parametrize(
    ("measurements", "units"),
    [
        ({"temperature": 200.1}, {}),
        ({"temperature": -100.1}, {}),
        ({"temperature": 0}, {"temperature": "K"}),
        ({"humidity": -0.1}, {}),
        ({"humidity": 100.1}, {}),
        ({"humidity": 57}, {"humidity": "ratio"}),
        ({"pressure": 101_325}, {}),
        ({"pressure": 0}, {}),
        ({"battery": 29}, {}),
        ({"battery": -0.01}, {}),
        ({"temperature": 1e308}, {"temperature": "F"}),
        ({"temperature": 20, "battery": 10**30}, {}),
    ],
)
def test_a_measurement_that_is_not_possible_is_rejected(measurements, units):
    assert reason(message(measurements=measurements, units=units)) == Reason.OUT_OF_RANGE


def with_temperature(text: str) -> bytes:
    """A message with a text in the place of its temperature."""
    return message(measurements={"temperature": 0}).replace(b'"temperature": 0', b'"temperature": ' + text.encode())


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", Reason.INVALID_JSON),
        (b"{", Reason.INVALID_JSON),
        (b"hello", Reason.INVALID_JSON),
        (message() + b"\n" + message(), Reason.INVALID_JSON),
        (message() + message(), Reason.INVALID_JSON),
        (b"\xef\xbb\xbf" + message(), Reason.INVALID_JSON),
        (with_temperature("NaN"), Reason.INVALID_JSON),
        (with_temperature("Infinity"), Reason.INVALID_JSON),
        (with_temperature("-Infinity"), Reason.INVALID_JSON),
        (with_temperature("1e999"), Reason.OUT_OF_RANGE),
        (with_temperature("9" * 5000), Reason.OUT_OF_RANGE),
        (with_temperature('"21.4"'), Reason.WRONG_TYPE),
        (with_temperature("true"), Reason.WRONG_TYPE),
        (with_temperature("[21.4]"), Reason.WRONG_TYPE),
        (with_temperature("[" * 4000), Reason.WRONG_TYPE),
        (b"[" * 8000, Reason.WRONG_TYPE),
        (b"null", Reason.WRONG_TYPE),
        (b'"message"', Reason.WRONG_TYPE),
        (message(measurements=[21.4]), Reason.WRONG_TYPE),
        (message(measurements="hot"), Reason.WRONG_TYPE),
        (message(units="F"), Reason.WRONG_TYPE),
        (message(time=0).replace(b"0", b"9" * 5000), Reason.INVALID_TIME),
        (message(id=None), Reason.MISSING_FIELD),
        (message(time=None), Reason.MISSING_FIELD),
        (message(id=7), Reason.WRONG_TYPE),
        (message(id=""), Reason.INVALID_ID),
        (message(id="m" * 65), Reason.INVALID_ID),
        (message(id="=HYPERLINK()"), Reason.INVALID_ID),
        (message(id="../m-1"), Reason.INVALID_ID),
        (message(id="m-1\n"), Reason.INVALID_ID),
        (message(id="m-1\x00"), Reason.INVALID_ID),
        (message(device_id="other"), Reason.UNKNOWN_FIELD),
        (message(x=0).replace(b'"x": 0', b'"x": ' + b"[" * 4000), Reason.UNKNOWN_FIELD),
        (message(measurements={"temperature": 1, "wind": 2}), Reason.UNKNOWN_FIELD),
        (message(units={"wind": "m/s"}), Reason.UNKNOWN_FIELD),
        (message(units={"temperature": "R"}), Reason.UNKNOWN_UNIT),
        (message(units={"temperature": "hPa"}), Reason.UNKNOWN_UNIT),
        (message(units={"temperature": 5}), Reason.WRONG_TYPE),
        (b"\xff\xfe", Reason.INVALID_UTF8),
        (message().replace(b"m-1", b"m-\xff"), Reason.INVALID_UTF8),
        (message().replace(b'"id"', b'"i\xff"'), Reason.INVALID_UTF8),
        (message().replace(b"m-1", b"\\ud800"), Reason.INVALID_JSON),
        (message() + b" " * 8192, Reason.PAYLOAD_TOO_LARGE),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_message_that_breaks_a_rule_is_rejected_with_its_reason(payload, expected):
    assert reason(payload) == expected


def test_the_detail_names_the_field():
    result = decode(record(message(measurements={"humidity": "wet"})))
    assert isinstance(result, Rejected)
    assert "$.measurements.humidity" in result.detail


def test_each_reason_has_one_sentence():
    assert all(one.description[0].isupper() and one.description.endswith(".") for one in Reason)
    assert str(Reason.INVALID_JSON) == "invalid_json"


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
documents = st.recursive(
    values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
fields = st.sampled_from([*MESSAGE, "units"])


@given(payload=st.binary(max_size=300) | st.dictionaries(fields, documents).map(lambda it: message(**it)))
def test_no_message_raises_an_exception_or_leaves_its_ranges(payload):
    result = decode(record(payload))
    if isinstance(result, Rejected):
        assert result.payload == payload
    else:
        assert -7 * DAY <= result.event_time_ms - RECEIVED_AT <= 5 * 60_000


@given(
    time=st.datetimes(datetime(2026, 11, 22), datetime(2026, 11, 27), timezones=st.just(UTC)),
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_an_offset_never_changes_the_time(time, minutes):
    local = time.astimezone(timezone(timedelta(minutes=minutes)))
    assert reading(time=local.isoformat()).event_time_ms == int(time.timestamp()) * 1000 + time.microsecond // 1000
