"""Records of the stream that are not as the topic rule writes them."""

import msgspec
import pytest
from chalicelib.pipeline.telemetry.decoding import decode
from chalicelib.pipeline.telemetry.model import Reading, Rejected
from chalicelib.pipeline.telemetry.reasons import Reason
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pipeline.telemetry.records import RECEIVED_AT, SOURCE_ID, record


def rejected(envelope: bytes) -> Rejected:
    result = decode(envelope)
    assert isinstance(result, Rejected), result
    assert result.payload == envelope
    return result


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"payload": "a"}, Reason.INVALID_BASE64),
        ({"payload": "e30=\n"}, Reason.INVALID_BASE64),
        ({"payload": "e3*0"}, Reason.INVALID_BASE64),
        ({"payload": {}}, Reason.INVALID_BASE64),
        ({"payload": None}, Reason.INVALID_ENVELOPE),
        ({"received_at": None}, Reason.INVALID_ENVELOPE),
        ({"received_at": "now"}, Reason.INVALID_ENVELOPE),
        ({"received_at": -1}, Reason.INVALID_ENVELOPE),
        ({"received_at": 10**15}, Reason.INVALID_ENVELOPE),
        # An event may be five minutes later, and there is no year 10000.
        ({"received_at": 253_402_300_799_999}, Reason.INVALID_ENVELOPE),
        ({"source_id": None}, Reason.INVALID_ENVELOPE),
        ({"source_id": "../../../../../../etc/passwd"}, Reason.INVALID_ENVELOPE),
        ({"released_at": "yesterday"}, Reason.INVALID_ENVELOPE),
        ({"device_id": None}, Reason.INVALID_ENVELOPE),
        ({"device_id": 7}, Reason.INVALID_DEVICE_ID),
        ({"device_id": ""}, Reason.INVALID_DEVICE_ID),
        ({"device_id": "a" * 65}, Reason.INVALID_DEVICE_ID),
        ({"device_id": "../etc"}, Reason.INVALID_DEVICE_ID),
        ({"device_id": "a/b"}, Reason.INVALID_DEVICE_ID),
        ({"device_id": "a'; DROP TABLE telemetry"}, Reason.INVALID_DEVICE_ID),
        ({"device_id": '=cmd|"/c calc"'}, Reason.INVALID_DEVICE_ID),
        ({"device_id": "a\n"}, Reason.INVALID_DEVICE_ID),
        ({"device_id": "dévice"}, Reason.INVALID_DEVICE_ID),
    ],
    ids=str,
)
def test_a_wrong_field_is_rejected_and_the_valid_fields_are_known(fields, expected):
    result = rejected(record(**fields))
    assert result.reason == expected
    assert result.device_id == ("sensor-1" if "device_id" not in fields else None)
    assert result.source_id == (SOURCE_ID if "source_id" not in fields else None)
    assert result.received_at_ms == (RECEIVED_AT if "received_at" not in fields else None)


@pytest.mark.parametrize("envelope", [b"", b"\xff", b"{}", b"[]", b"[" * 100_000, b'{"x": ' + b"[" * 100_000, b"{}{}"])
def test_a_record_that_is_no_envelope_is_rejected(envelope):
    result = rejected(envelope)
    assert result.reason == Reason.INVALID_ENVELOPE
    assert (result.device_id, result.source_id, result.received_at_ms) == (None, None, None)


def test_fields_that_a_later_rule_adds_are_accepted():
    assert isinstance(decode(record(client_id="sensor-1")), Reading)


def test_a_released_record_is_decoded_as_when_it_arrived():
    released = decode(record(released_at=RECEIVED_AT + 30 * 24 * 3_600_000))
    assert released == msgspec.structs.replace(decode(record()), is_released=True)


@given(envelope=st.binary(max_size=300))
def test_no_record_raises_an_exception(envelope):
    assert isinstance(decode(envelope), Rejected)
