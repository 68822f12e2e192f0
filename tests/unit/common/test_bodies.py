"""Bodies: every parser reads an accepted body alike."""

import json
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.http.bodies import MAX_BYTES, decode
from common.http.problems import Problem


class Note(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    numbers: list[float] = []


@given(
    text=st.text(st.characters(exclude_categories=["Cs"])),
    numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False)),
)
def test_a_valid_body_is_decoded_as_the_standard_library_decodes_it(text: str, numbers: list[float]):
    body = json.dumps({"text": text, "numbers": numbers})
    assert decode(body, None, Note) == Note(text, numbers)


@given(body=st.binary(max_size=100))
def test_any_other_bytes_raise_a_problem(body: bytes):
    with pytest.raises(Problem) as raised:
        decode(body, None, Note)
    assert 400 <= raised.value.problem_type.status < 500


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"text": 1}', "text"),
        ('{"text": "x", "numbers": [1, "2"]}', "numbers[1]"),
        ("{}", "text"),
        ('{"text": "x", "colour": 1}', "colour"),
        ('{"text": "x", "a` - at `$.b": 1}', "a` - at `$.b"),
    ],
)
def test_the_invalid_field_is_named(body: str, field: str):
    with pytest.raises(Problem) as raised:
        decode(body, "application/json", Note)
    assert [error.field for error in raised.value.errors] == [field]


@pytest.mark.parametrize(
    "body", [b'{"text": "\xff"}', b'{"text": "\xc0\xaf"}', '{"text": "\ufffd"}'.encode(), '{"text": "\ufffd"}']
)
def test_a_body_that_was_not_utf8_is_refused_even_if_its_bytes_were_replaced_on_the_way(body: bytes | str):
    with pytest.raises(Problem) as raised:
        decode(body, None, Note)
    assert raised.value.problem_type.name == "malformed-body"
    assert "UTF-8" in raised.value.detail


def test_a_replacement_character_that_is_meant_is_sent_as_an_escape():
    assert decode(rb'{"text": "\ufffd"}', None, Note).text == "\ufffd"


def test_a_key_that_is_there_twice_is_named_and_found_quickly_among_many():
    pairs = [f'"{number}": 0' for number in range(MAX_BYTES // 16)]
    with pytest.raises(Problem) as raised:
        decode("{" + ", ".join([*pairs, pairs[-1]]) + "}", None, Note)
    assert [error.field for error in raised.value.errors] == [str(MAX_BYTES // 16 - 1)]


class Part(msgspec.Struct):
    kind: Annotated[Literal["text", "photo"], msgspec.Meta(examples=["text"])] | None = None


class Add(msgspec.Struct, tag_field="op", tag="add"):
    name: str


class Remove(msgspec.Struct, tag_field="op", tag="remove"):
    name: str


class Choices(msgspec.Struct, rename="camel"):
    reading_mode: Literal["day", "night", "sepia"] | msgspec.UnsetType = msgspec.UNSET
    parts: list[Part] = []
    by_name: dict[str, Part] = {}
    size: Literal[1, 2] = 1
    changes: list[Add | Remove] = []


@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        ('{"readingMode": "dusk"}', "readingMode", "must be day, night or sepia"),
        ('{"parts": [{}, {"kind": "video"}]}', "parts[1].kind", "must be photo or text"),
        ('{"byName": {"a.b": {"kind": ""}}}', "byName[...].kind", "must be photo or text"),
        ('{"size": 3}', "size", "must be 1 or 2"),
        ('{"changes": [{"op": "keep"}]}', "changes[0].op", "must be add or remove"),
    ],
)
def test_the_allowed_values_are_named(body: str, field: str, detail: str):
    with pytest.raises(Problem) as raised:
        decode(body, None, Choices)
    assert [(error.field, error.detail) for error in raised.value.errors] == [(field, detail)]
