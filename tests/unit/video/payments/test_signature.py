"""Stripe's signatures: ours and those of Stripe's own library check each other."""

import pytest
import stripe
from chalicelib.video.payments.stripe_signature import MAX_HEADER_LENGTH, is_signed, signature_header
from hypothesis import given
from hypothesis import strategies as st

from local_payments import sender

NOW = 1_795_000_000
BODY = '{"id": "evt_1", "note": "Tide Mill – é"}'.encode()
SECRET = "whsec_current"


def official_header(body: bytes = BODY, secret: str = SECRET, at: int = NOW) -> str:
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)


@given(st.text(max_size=200), st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1))
def test_what_the_official_library_signs_is_accepted(text, secret):
    body = text.encode()
    header = stripe.WebhookSignature.generate_signature_header(text, secret, NOW)
    assert is_signed(body, header, [secret], NOW)
    assert signature_header(body, secret, NOW) == header
    assert sender.signature_header(body, secret, NOW) == header


def test_the_official_library_accepts_what_we_sign():
    assert stripe.WebhookSignature.verify_header(BODY, signature_header(BODY, SECRET, NOW), SECRET)


REFUSED = {
    "none": None,
    "empty": "",
    "no time": official_header().partition(",")[2],
    "no signature": f"t={NOW}",
    "two times": f"t={NOW},{official_header()}",
    "a time that is no number": official_header().replace(str(NOW), f"{NOW}x"),
    "a signed time": official_header().replace(str(NOW), f"+{NOW}"),
    "another scheme": official_header().replace("v1=", "v0="),
    "a changed time": official_header().replace(str(NOW), str(NOW + 1)),
    "a changed signature": official_header()[:-1] + ("0" if official_header()[-1] != "0" else "1"),
    "a shortened signature": official_header()[:-1],
    "upper case": official_header().upper().replace("T=", "t=").replace("V1=", "v1="),
    "another secret": official_header(secret="whsec_other"),
    "another body": official_header(BODY + b" "),
    "too long": official_header() + "," + "v0=00," * MAX_HEADER_LENGTH,
    "arabic digits": official_header().replace(str(NOW), "١٧٩٥٠٠٠٠٠٠"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_is_refused(case):
    assert not is_signed(BODY, REFUSED[case], [SECRET], NOW)


@pytest.mark.parametrize(
    ("seconds", "is_accepted"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)]
)
def test_a_signature_holds_for_five_minutes_before_and_after(seconds, is_accepted):
    assert is_signed(BODY, official_header(at=NOW + seconds), [SECRET], NOW) is is_accepted


def test_every_current_secret_is_accepted_and_none_without_secrets():
    assert is_signed(BODY, official_header(), ["whsec_new", SECRET], NOW)
    assert not is_signed(BODY, official_header(), [], NOW)
    assert not is_signed(BODY, signature_header(BODY, "", NOW), ["", ""], NOW)


def test_one_of_several_signatures_is_enough():
    # https://docs.stripe.com/webhooks/signatures: Stripe signs with both secrets while one replaces the other.
    other = official_header(secret="whsec_new").partition(",")[2]
    assert is_signed(BODY, f"t={NOW},{other},{official_header().partition(',')[2]},v0=1", [SECRET], NOW)
