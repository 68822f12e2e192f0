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
