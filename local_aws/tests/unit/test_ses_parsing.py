"""What SES is sent is read in a time in proportion to its length, which `make bench` measures."""

import pytest

from local_aws.services.ses import addresses
from local_aws.services.ses.calls import document
from local_aws.services.ses.refusals import Refusal


@pytest.mark.parametrize(
    "text", [" " * 320, " " * 319 + "<", " " * 5000 + "a@example.com", '"' + "\\a" * 159 + " ", "a" * 100_000]
)
def test_a_long_text_is_no_address(text):
    with pytest.raises(Refusal):
        addresses.parsed(text)


@pytest.mark.parametrize("text", [" a@example.com", "Ann <a@example.com> ", '  "Ann" <a@example.com>'])
def test_spaces_around_an_address_are_nothing(text):
    assert addresses.parsed(text).mailbox == "a@example.com"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_json_that_is_nested_too_deeply_is_none(body):
    with pytest.raises(Refusal, match="not JSON"):
        document(body, "SendEmail")
