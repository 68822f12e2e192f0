"""What is not signed, and why."""

from datetime import UTC, datetime
from typing import Any

import pytest
from chalicelib.video.playback.cloudfront_signing import (
    LAST_MOMENT,
    InvalidAddress,
    InvalidCookieAttribute,
    InvalidKey,
    InvalidResource,
    InvalidTime,
    InvalidUrl,
    Signer,
    SigningError,
    custom_policy,
    expiry,
    set_cookie_headers,
)

from tests.unit.video.playback.links import KEY_ID, private_pem

SIGNER = Signer(KEY_ID, private_pem("ecdsa"))
SITE = "https://d111111abcdef8.cloudfront.net"
LATER = 2_000_000_000


URLS = [
    ("", "begin with"),
    ("/content/7/video.mp4", "begin with"),
    ("d111111abcdef8.cloudfront.net/a", "begin with"),
    ("ftp://d111111abcdef8.cloudfront.net/a", "begin with"),
    ("HTTPS://d111111abcdef8.cloudfront.net/a", "begin with"),
    ("https:///a", "no host"),
    ("https://?a=1", "no host"),
    ("https://user:secret@example.com/a", "no host, or more than a host"),
    ("https://exa mple.com/a", "no host, or more than a host"),
    (SITE, "no path"),
    (f"{SITE}?size=large", "no path"),
    (f"{SITE}/a#part", "fragment"),
    (f"{SITE}/content/*", "wildcard"),
    (f"{SITE}/a?size=*", "wildcard"),
    (f"{SITE}/a?", "question mark without parameters"),
    (f"{SITE}/a b", "percent-encoded"),
    (f"{SITE}/a\n", "percent-encoded"),
    (f'{SITE}/a","Condition":{{}}', "percent-encoded"),
    (f"{SITE}/a\\b", "percent-encoded"),
    (f"{SITE}/é", "percent-encoded"),
    (f"{SITE}/100%", "percent-encoded"),
    (f"{SITE}/a/../b", "'..'"),
    (f"{SITE}/a/%2e%2E/b", "'..'"),
    (f"{SITE}/a/.", "'..'"),
    (f"{SITE}/a?Expires=1", "reserves"),
    (f"{SITE}/a?x=1&Signature=abc", "reserves"),
    (f"{SITE}/a?x=1&policy=abc", "reserves"),
    (f"{SITE}/a?Key%2DPair-Id=K1", "reserves"),
    (f"{SITE}/a?x;Hash-Algorithm=SHA1", "reserves"),
    (f"{SITE}/a?Expires", "reserves"),
]


@pytest.mark.parametrize(("url", "reason"), URLS)
def test_a_url_that_no_client_requests_in_this_form_is_refused(url: str, reason: str):
    policy = custom_policy(f"{SITE}/*", LATER)
    for sign in (
        lambda: SIGNER.signed_url(url, LATER),
        lambda: SIGNER.signed_cookies(url, LATER),
        lambda: SIGNER.signed_url_by_policy(url, policy),
    ):
        with pytest.raises(InvalidUrl, match=reason) as refusal:
            sign()
        assert "secret" not in str(refusal.value)
        assert "abc" not in str(refusal.value)


@pytest.mark.parametrize("end", ["\n", "%", "#", "*"])
def test_a_long_url_is_refused_as_a_short_one_is(end: str):
    with pytest.raises(InvalidUrl):
        SIGNER.signed_url(f"{SITE}/{'a' * 100_000}{end}", LATER)
    with pytest.raises(InvalidResource):
        custom_policy(f"{SITE}/{'a?' * 50_000}\n", LATER)


@pytest.mark.parametrize(
    "resource",
    [
        "",
        "*",
        "https://*",
        "*d111111abcdef8.cloudfront.net/a",
        "https://*.cloudfront.net/content/7/*",
        "https://d111111abcdef8.cloudfront.net*",
        "https://d111111abcdef8.cloudfront.net",
        "content/7/*",
        f"{SITE}/content/7/../*",
        f"{SITE}/a b/*",
        f'{SITE}/*"',
        f"{SITE}/a\\?x=*",
        "http*://example.com/*",
        f"{SITE}/é*",
        f"{SITE}/a#*",
    ],
)
def test_a_resource_without_one_host_or_not_of_the_documented_form_is_refused(resource: str):
    with pytest.raises(InvalidResource):
        custom_policy(resource, LATER)


@pytest.mark.parametrize("resource", [f"{SITE}/content/7/*", f"{SITE}/a?.ts", "*://a.b/c?x=*"])
def test_a_resource_with_documented_wildcards_is_taken(resource: str):
    assert custom_policy(resource, LATER)


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (datetime(2030, 1, 1), "time zone"),
        (0, "between"),
        (-5, "between"),
        (LAST_MOMENT + 1, "between"),
        (datetime(2040, 1, 1, tzinfo=UTC), "between"),
        (datetime(1969, 12, 31, tzinfo=UTC), "between"),
        (1767290400.5, "not float"),
        (True, "not bool"),
        ("1767290400", "not str"),
        (None, "not NoneType"),
    ],
)
def test_a_moment_that_is_ambiguous_or_out_of_range_is_refused(moment: Any, reason: str):
    for sign in (
        lambda: SIGNER.signed_url(f"{SITE}/a", moment),
        lambda: SIGNER.signed_cookies(f"{SITE}/a", moment),
        lambda: custom_policy(f"{SITE}/*", moment),
        lambda: expiry(moment, 60),
    ):
        with pytest.raises(InvalidTime, match=reason):
            sign()


@pytest.mark.parametrize("ttl_seconds", [0, -1, 86_401, 10**30, 0.5, 300.0, float("nan"), True, "300", None])
def test_a_lifetime_that_is_negative_fractional_or_huge_is_refused(ttl_seconds: Any):
    with pytest.raises(InvalidTime, match="lifetime"):
        expiry(1767290400, ttl_seconds)


def test_a_lifetime_may_not_pass_the_last_moment():
    with pytest.raises(InvalidTime, match="32 bits"):
        expiry(LAST_MOMENT, 1)
    assert expiry(LAST_MOMENT - 1, 1) == LAST_MOMENT


@pytest.mark.parametrize("begin", [LATER, LATER + 1])
def test_access_that_would_end_before_it_begins_is_refused(begin: int):
    with pytest.raises(InvalidTime, match="before it begins"):
        custom_policy(f"{SITE}/*", LATER, not_before=begin)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("2001:db8::1", "IPv6"),
        ("::ffff:192.0.2.1", "IPv6"),
        ("", "not an IPv4"),
        ("192.0.2", "not an IPv4"),
        ("192.0.2.256", "not an IPv4"),
        ("192.0.2.01", "not an IPv4"),
        ("192.0.2.1/33", "not an IPv4"),
        ("192.0.2.1 ", "not an IPv4"),
        ('192.0.2.1"', "not an IPv4"),
        ("example.com", "not an IPv4"),
        ("192.0.2.1/24", "beyond its prefix"),
    ],
)
def test_an_address_that_cloudfront_does_not_take_is_refused(address: str, reason: str):
    with pytest.raises(InvalidAddress, match=reason):
        custom_policy(f"{SITE}/*", LATER, ip_address=address)


@pytest.mark.parametrize("path", ["", "content/7/", "/a;Domain=example.org", "/a b", "/a\r\nSet-Cookie: x=y", "/é"])
def test_a_path_that_would_end_its_attribute_is_refused(path: str):
    with pytest.raises(InvalidCookieAttribute, match="path"):
        set_cookie_headers({"a": "b"}, path)


@pytest.mark.parametrize("domain", ["", "example.org; Path=/", "exa mple.org", "example.org\n"])
def test_a_domain_that_would_end_its_attribute_is_refused(domain: str):
    with pytest.raises(InvalidCookieAttribute, match="domain"):
        set_cookie_headers({"a": "b"}, "/", domain=domain)


def test_every_refusal_is_a_signing_error():
    refusals = (InvalidKey, InvalidUrl, InvalidResource, InvalidTime, InvalidAddress, InvalidCookieAttribute)
    assert all(issubclass(refusal, SigningError) for refusal in refusals)
