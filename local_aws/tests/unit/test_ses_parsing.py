"""SES's parsers and their limits; `make bench` measures that their time is proportional to the length."""

import pytest

from local_aws.services.ses import addresses
from local_aws.services.ses.errors import SesError
from local_aws.services.ses.request_body import parse_request


@pytest.mark.parametrize(
    "text", [" " * 320, " " * 319 + "<", " " * 5000 + "a@example.com", '"' + "\\a" * 159 + " ", "a" * 100_000]
)
def test_a_long_text_is_not_an_address(text):
    with pytest.raises(SesError):
        addresses.parse_address(text)


@pytest.mark.parametrize("text", [" a@example.com", "Ann <a@example.com> ", '  "Ann" <a@example.com>'])
def test_spaces_around_an_address_are_ignored(text):
    assert addresses.parse_address(text).mailbox == "a@example.com"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_json_that_is_nested_too_deeply_is_refused(body):
    with pytest.raises(SesError, match="not JSON"):
        parse_request(body, "SendEmail")
