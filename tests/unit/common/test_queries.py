"""Query parameters are taken as the client wrote them."""

from typing import Literal

import msgspec
import pytest

from common.http import queries
from common.http.problems import Problem


class Query(msgspec.Struct):
    limit: int | None = None
    done: Literal["true", "false"] | None = None
    tag: str | None = None


@pytest.mark.parametrize("text", ["null", "Null", "1e3", "5.0", "-0", "+5", " 5", "٣", "", "true"])
def test_a_whole_number_is_written_in_digits(text: str):
    with pytest.raises(Problem) as refused:
        queries.decode({"limit": [text]}, Query)
    assert [error.field for error in refused.value.errors] == ["limit"]


def test_null_is_refused_for_a_choice():
    with pytest.raises(Problem):
        queries.decode({"done": ["null"]}, Query)


def test_null_is_accepted_as_a_text():
    assert queries.decode({"tag": ["null"], "limit": ["17"]}, Query) == Query(limit=17, tag="null")


def test_the_allowed_values_are_named():
    with pytest.raises(Problem) as refused:
        queries.decode({"done": ["maybe"]}, Query)
    assert [error.detail for error in refused.value.errors] == ["must be false or true"]


def test_unknown_parameters_are_refused_unless_the_operation_ignores_them():
    sent = {"tag": ["x"], "utm_source": ["mail", "news"], "%00": [""]}
    with pytest.raises(Problem) as refused:
        queries.decode(sent, Query)
    assert [error.field for error in refused.value.errors] == ["utm_source"]
    assert queries.decode(sent, Query, ignore_unknown=True) == Query(tag="x")


def test_a_parameter_that_is_known_is_there_once_even_if_others_are_ignored():
    with pytest.raises(Problem) as refused:
        queries.decode({"tag": ["x", "y"]}, Query, ignore_unknown=True)
    assert [error.field for error in refused.value.errors] == ["tag"]
