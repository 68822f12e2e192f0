"""What SES is sent is read in a time in proportion to its length: all requests share one process."""

import time

import pytest

from local_aws.services.ses import addresses
from local_aws.services.ses.calls import document
from local_aws.services.ses.refusals import Refusal
from local_aws.services.ses.templates import RenderingError, render

# In the time of this process, which other work on the machine does not lengthen.
MOST_SECONDS = 0.5


@pytest.fixture(autouse=True)
def quick():
    began = time.process_time()
    yield
    assert time.process_time() - began < MOST_SECONDS


@pytest.mark.parametrize(
    "template",
    [
        "{{" + " " * 2000,
        "{{{" + " " * 2000,
        "{{#" + " " * 2000 + "{",
        "{{" + "a " * 2000,
        "{{!--}" * 20_000,
        "{{!--a}}" * 20_000 + "{{",
        "{{" * 20_000,
        "{{#if a}}" * 5000,
        "{{" + "../" * 60_000 + "missing}}",
    ],
)
def test_no_template_takes_long_to_be_refused(template):
    with pytest.raises(RenderingError):
        render(template, "{}")


@pytest.mark.parametrize("template", ["{{!--a}}" * 20_000, "{{!--" + "--" * 20_000 + "}}", " {{!a}} x\n" * 10_000])
def test_no_template_takes_long_to_be_rendered(template):
    assert "!" not in render(template, "{}")


def test_spaces_around_a_name_are_nothing():
    assert render("{{ \n name \t }}{{{ name }}}{{# if name }}y{{/ if }}", '{"name": "x"}') == "xxy"


@pytest.mark.parametrize(
    "text", [" " * 320, " " * 319 + "<", " " * 5000 + "a@example.com", '"' + "\\a" * 159 + " ", "a" * 100_000]
)
def test_no_address_takes_long_to_be_refused(text):
    for _ in range(50):
        with pytest.raises(Refusal):
            addresses.parsed(text)


@pytest.mark.parametrize("text", [" a@example.com", "Ann <a@example.com> ", '  "Ann" <a@example.com>'])
def test_spaces_around_an_address_are_nothing(text):
    assert addresses.parsed(text).mailbox == "a@example.com"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_json_that_is_nested_too_deeply_is_none(body):
    with pytest.raises(Refusal, match="not JSON"):
        document(body, "SendEmail")


def test_template_data_that_is_nested_too_deeply_is_none():
    with pytest.raises(RenderingError, match="not valid JSON"):
        render("x", "[" * 100_000)
