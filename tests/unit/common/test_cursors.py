"""Cursors: only those that we signed are accepted."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.http.cursors import Cursors, InvalidCursor

CURSORS = Cursors(lambda: b"key")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
BINDINGS = st.lists(TEXTS, max_size=3)


@given(position=TEXTS, binding=BINDINGS)
def test_a_cursor_returns_the_signed_position(position: str, binding: list[str]):
    cursor = CURSORS.sign(position, *binding)
    assert CURSORS.position(cursor, *binding) == position
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(position=TEXTS, binding=BINDINGS, other=BINDINGS)
def test_a_cursor_is_valid_for_its_binding_only(position: str, binding: list[str], other: list[str]):
    assume(binding != other)
    with pytest.raises(InvalidCursor):
        CURSORS.position(CURSORS.sign(position, *binding), *other)


@given(position=TEXTS, data=st.data())
def test_an_edited_cursor_is_refused(position: str, data: st.DataObject):
    cursor = CURSORS.sign(position, "owner")
    index = data.draw(st.integers(0, len(cursor) - 1))
    character = data.draw(st.sampled_from("ABCXYZabcxyz0189-_=. é"))
    edited = cursor[:index] + character + cursor[index + 1 :]
    assume(edited != cursor)
    with pytest.raises(InvalidCursor):
        CURSORS.position(edited, "owner")


@given(cursor=st.text(max_size=60))
def test_a_made_up_cursor_is_refused(cursor: str):
    with pytest.raises(InvalidCursor):
        CURSORS.position(cursor, "owner")


def test_another_key_signs_differently():
    with pytest.raises(InvalidCursor):
        Cursors(lambda: b"other").position(CURSORS.sign("x"))


def test_the_key_is_fetched_when_first_needed_and_kept():
    fetched = []

    def key() -> bytes:
        fetched.append(1)
        return b"key"

    cursors = Cursors(key)
    assert fetched == []
    cursors.position(cursors.sign("x"))
    assert fetched == [1]
