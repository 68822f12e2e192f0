"""Validation messages use JSON's terms, not Python's."""

import pytest

from common.http.validation_messages import humanize
from common.values import VISIBLE_LINE


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("Expected `str`, got `int`", "must be a string, not a whole number"),
        ("Expected `int | float | null`, got `str`", "must be a number or null, not a string"),
        ("Expected `bool`, got `null`", "must be true or false, not null"),
        ("Expected `str` of length >= 1", "must be a string of length 1 or more"),
        ("Expected `array` of length <= 20", "must be an array of length 20 or less"),
        ("Expected `int` <= 3", "must be a whole number, 3 or less"),
        ("Expected `float` > 0.0", "must be a number, more than 0.0"),
        ("Expected `str` matching regex '^a$'", "has characters or a form that are not allowed here"),
        (
            f"Expected `str` matching regex {VISIBLE_LINE!r}",
            "must be one line without control characters, with something in it that can be seen",
        ),
    ],
)
def test_an_error_of_msgspec_becomes_a_sentence(found, said):
    assert humanize(found) == said
