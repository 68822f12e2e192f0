"""The value types of all apps."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.values import EMPTY_OR_VISIBLE_LINE, TEXT, VISIBLE_LINE, Id, is_visible, new_id, parse, timestamp

MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30), timezones=st.just(UTC))


class Absent(Exception):
    """There is no such thing."""


@given(earlier=MOMENTS, milliseconds=st.integers(1, 10**9))
def test_ids_sort_by_the_time_at_which_they_were_made(earlier: datetime, milliseconds: int):
    later = earlier + timedelta(milliseconds=milliseconds)
    assert new_id(earlier)[:12] <= new_id(later)[:12]
    assert msgspec.convert(new_id(earlier), Id)


def test_ids_of_one_moment_differ():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert len({new_id(moment) for _ in range(100)}) == 100


@given(moment=MOMENTS)
def test_a_timestamp_is_the_moment_to_the_millisecond(moment: datetime):
    read = datetime.fromisoformat(timestamp(moment))
    assert read == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_a_timestamp_is_in_utc():
    assert timestamp(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2025-12-31T23:00:00.000Z"


def test_an_id_is_parsed():
    assert parse("0" * 28, Id, Absent()) == "0" * 28


@pytest.mark.parametrize("text", ["", "0" * 27, "0" * 29, "0" * 28 + "\n", "A" * 28, "todo#" + "0" * 28])
def test_any_other_text_is_refused_with_the_given_exception(text: str):
    with pytest.raises(Absent):
        parse(text, Id, Absent())


@pytest.mark.parametrize(
    ("text", "one_line", "lines"),
    [
        ("plain", True, True),
        ("tab\tinside", False, True),
        ("two\nlines", False, True),
        ("line feed at the end\n", False, True),
        ("null\0", False, False),
        ("\x7f", False, False),
        ("\x85", False, False),
    ],
)
def test_control_characters_are_refused(text: str, one_line: bool, lines: bool):
    assert bool(re.search(VISIBLE_LINE, text)) is one_line
    assert bool(re.search(TEXT, text)) is lines


@pytest.mark.parametrize("text", ["x", " x ", "\u200bx", "é", "日", "😀", "👩\u200d🚀", "\u0301", "\ufffd", "\u0600"])
def test_a_line_with_something_to_see_is_accepted(text: str):
    assert is_visible(text)
    assert re.search(VISIBLE_LINE, text)
    assert re.search(EMPTY_OR_VISIBLE_LINE, text)


@pytest.mark.parametrize(
    "text",
    [
        *(" ", "\u200b", "\xad", "\u2060", "\ufeff", "\u202e", "\ufdd0", "\u3000", "\u3164", "\u2800", "\ufe0f"),
        *("\U000e0041", "\U0010ffff", "\u200b\xad \u2060", "x\n", "x\0"),
    ],
)
def test_a_line_with_nothing_to_see_is_refused(text: str):
    assert not re.search(VISIBLE_LINE, text)
    assert not re.search(EMPTY_OR_VISIBLE_LINE, text)


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\xad", "\0\x7f", "\U000e0041"])
def test_a_text_may_have_nothing_to_see(text: str):
    assert not is_visible(text)


def test_nothing_at_all_is_accepted_only_where_a_field_may_be_empty():
    assert not re.search(VISIBLE_LINE, "")
    assert re.search(EMPTY_OR_VISIBLE_LINE, "")


def test_every_white_space_and_format_control_is_invisible_except_the_marks_that_precede_numbers():
    seen = {
        char
        for char in map(chr, range(0x110000))
        if unicodedata.category(char) in ("Cf", "Zs", "Zl", "Zp") and re.search(VISIBLE_LINE, char)
    }
    assert {unicodedata.name(char).split()[0] for char in seen} == {"ARABIC", "SYRIAC", "KAITHI"}
