"""Bodies: every parser reads an accepted body alike."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.http.bodies import decode
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
