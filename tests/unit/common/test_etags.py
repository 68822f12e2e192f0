"""Conditional requests compare as RFC 9110 says."""

import pytest

from common.http.etags import matches_strongly, matches_weakly, tags

CASES = [
    (None, False, True),
    ("*", True, True),
    ('"a"', True, True),
    ('W/"a"', True, False),
    ('"b"', False, False),
    ('"b", "a"', True, True),
    (' "b" ,W/"a" ', True, False),
    ('"a,b"', False, False),
]


@pytest.mark.parametrize(("header", "weakly", "strongly"), CASES)
def test_a_tag_matches(header: str | None, weakly: bool, strongly: bool):
    wanted = tags(header, "If-Match")
    assert matches_weakly(wanted, '"a"') is weakly
    assert matches_strongly(wanted, '"a"') is strongly
