"""HTML forms as bodies."""

import msgspec
import pytest

from common.http import forms
from common.http.problems import Problem


class Sent(msgspec.Struct, forbid_unknown_fields=True):
    address: str
    count: int = 0


def test_fields_are_typed_and_empty_ones_count_as_not_sent():
    assert forms.decode(b"address=a%40b+c&count=3", Sent) == Sent("a@b c", 3)
    assert forms.decode(b"address=a&count=", Sent) == Sent("a")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 422),
        (b"address=a&other=1", 422),
        (b"address=a&count=x", 422),
        (b"address=a&address=b", 400),
        (b"address", 400),
        (b"address=%ff", 400),
        (b"\xff=1", 400),
        ("address=\ufffd".encode(), 400),
        (b"&".join(b"a%d=1" % number for number in range(101)), 400),
        (b"address=" + b"a" * 1_100_000, 413),
    ],
)
def test_an_invalid_form_is_refused(raw: bytes, status: int):
    with pytest.raises(Problem) as refused:
        forms.decode(raw, Sent)
    assert refused.value.problem_type.status == status


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/x-www-form-urlencoded; charset=utf-8", True),
        ("Application/X-WWW-Form-Urlencoded", True),
        ("application/json", False),
        (None, False),
    ],
)
def test_a_form_is_recognised_by_its_content_type(content_type: str | None, expected: bool):
    assert forms.is_form(content_type) == expected
