"""Whatever is signed is accepted as it is, and no longer when anything of it is changed."""

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from chalicelib.video.playback import cloudfront_signing
from chalicelib.video.playback.cloudfront_signing import (
    LAST_MOMENT,
    Signer,
    custom_policy,
    expired_cookie_headers,
    expiry,
    set_cookie_headers,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.video.playback.links import (
    ALGORITHMS,
    KEY_ID,
    KEYS,
    accepts,
    decoded,
    parameters_of,
    private_pem,
    split,
    statement,
)

SIGNERS: dict[tuple[str, str], Signer] = {
    (key, algorithm): Signer(KEY_ID, private_pem(key), algorithm)  # type: ignore[arg-type]
    for key in KEYS
    for algorithm in ALGORITHMS
}
SIGNER = SIGNERS["ecdsa", "SHA256"]
FOLDER = "https://d111111abcdef8.cloudfront.net/content/7/"
CHARACTERS = "abcXYZ019-_~!$&'()+,;=:@"
WORDS = st.text(CHARACTERS, min_size=1, max_size=12)
NAMES = st.text("abcXYZ019_", min_size=1, max_size=8)
PATHS = st.lists(WORDS | st.just("%20%C3%A9"), max_size=4).map("/".join)
QUERIES = st.lists(st.tuples(NAMES, NAMES), max_size=3).map(
    lambda pairs: "&".join(f"q{name}={value}" for name, value in pairs)
)
URLS = st.builds(
    lambda scheme, port, path, query: f"{scheme}://media.example.com{port}/{path}{'?' if query else ''}{query}",
    st.sampled_from(["http", "https"]),
    st.sampled_from(["", ":8443"]),
    PATHS,
    QUERIES,
)
MOMENTS = st.integers(1, LAST_MOMENT)
KINDS = st.sampled_from(sorted(SIGNERS))
ADDRESSES = st.none() | st.ip_addresses(v=4).map(str)


@given(kind=KINDS, url=URLS, expires=MOMENTS)
def test_a_canned_url_is_accepted_for_its_url_and_end(kind: tuple[str, str], url: str, expires: int):
    signed, parameters = split(SIGNERS[kind].signed_url(url, expires))
    assert signed == url
    assert parameters["Expires"] == str(expires)
    assert accepts(kind[0], statement(url, expires), parameters)


@cache
def link_of(url: str, expires: int) -> str:
    """A link that is signed once: the signatures by one key differ, also in length, and Hypothesis repeats a test."""
    return SIGNER.signed_url(url, expires)


@given(url=URLS, expires=MOMENTS, data=st.data())
def test_an_altered_canned_url_is_not_accepted(url: str, expires: int, data: st.DataObject):
    link = link_of(url, expires)
    place = data.draw(st.integers(len("https://"), len(link) - 1))
    altered = link[:place] + data.draw(st.sampled_from("aZ09-_~/")) + link[place + 1 :]
    assume(altered != link)
    try:
        signed, parameters = split(altered)
        policy = statement(signed, int(parameters["Expires"]))
        is_accepted = accepts("ecdsa", policy, parameters)
    except (ValueError, KeyError):
        return
    # base64's last character before the padding has spare bits: another text of the same signature.
    assert not is_accepted or decoded(parameters["Signature"]) == decoded(split(link)[1]["Signature"])


@given(kind=KINDS, url=URLS, expires=MOMENTS, address=ADDRESSES, data=st.data())
def test_a_custom_url_carries_the_policy_that_was_signed(
    kind: tuple[str, str], url: str, expires: int, address: str | None, data: st.DataObject
):
    begin = data.draw(st.none() | st.integers(1, expires - 1)) if expires > 1 else None
    policy = custom_policy(url, expires, not_before=begin, ip_address=address)
    signed, parameters = split(SIGNERS[kind].signed_url_by_policy(url, policy))
    text = decoded(parameters["Policy"]).decode()
    assert signed == url
    assert accepts(kind[0], text, parameters)
    conditions: dict[str, Any] = {"DateGreaterThan": {"AWS:EpochTime": begin}} if begin else {}
    if address:
        conditions["IpAddress"] = {"AWS:SourceIp": f"{address}/32"}
    assert json.loads(text) == json.loads(statement(url, expires, **conditions))


@given(kind=KINDS, expires=MOMENTS)
def test_cookies_carry_the_same_as_a_url(kind: tuple[str, str], expires: int):
    signer = SIGNERS[kind]
    policy = custom_policy(f"{FOLDER}*", expires)
    custom, canned = signer.signed_cookies_by_policy(policy), signer.signed_cookies(f"{FOLDER}a.mp4", expires)
    assert accepts(kind[0], policy, parameters_of(custom))
    assert decoded(custom["CloudFront-Policy"]).decode() == policy
    assert accepts(kind[0], statement(f"{FOLDER}a.mp4", expires), parameters_of(canned))
    assert canned["CloudFront-Expires"] == str(expires)


@pytest.mark.parametrize(("algorithm", "named"), [("SHA256", "SHA256"), ("SHA1", None)])
def test_sha_256_is_named_and_sha_1_is_not(algorithm: str, named: str | None):
    signer = SIGNERS["ecdsa", algorithm]
    assert split(signer.signed_url(f"{FOLDER}a", 9))[1].get("Hash-Algorithm") == named
    assert signer.signed_cookies(f"{FOLDER}a", 9).get("CloudFront-Hash-Algorithm") == named


def test_every_link_is_safe_in_a_url_and_in_a_cookie():
    for number in range(50):
        cookies = SIGNER.signed_cookies_by_policy(custom_policy(f"{FOLDER}{number}/*", 2_000_000_000))
        assert all(re.fullmatch(r"[A-Za-z0-9~_-]+", value) for value in cookies.values())


def test_a_moment_is_the_same_in_every_time_zone_and_never_rounded_up():
    moment = datetime(2026, 1, 1, 18, 0, 0, 999_999, UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=5, minutes=45)))
    links = [SIGNERS["rsa", "SHA256"].signed_url(f"{FOLDER}a", when) for when in (moment, elsewhere, 1767290400)]
    assert len(set(links)) == 1
    assert expiry(moment, 300) == expiry(1767290400, 300) == 1767290700


def test_threads_can_share_a_signer():
    with ThreadPoolExecutor(8) as pool:
        links = list(pool.map(lambda number: SIGNER.signed_url(f"{FOLDER}{number}", 2_000_000_000), range(400)))
    for number, link in enumerate(links):
        assert accepts("ecdsa", statement(f"{FOLDER}{number}", 2_000_000_000), split(link)[1])


def test_set_cookie_headers_limit_the_cookies_to_a_folder_and_to_https():
    headers = set_cookie_headers({"CloudFront-Policy": "abc", "CloudFront-Signature": "d_"}, "/content/7/")
    assert headers == [
        "CloudFront-Policy=abc; Path=/content/7/; Secure; HttpOnly; SameSite=Strict",
        "CloudFront-Signature=d_; Path=/content/7/; Secure; HttpOnly; SameSite=Strict",
    ]
    other = set_cookie_headers({"a": "b"}, "/", domain="example.org", same_site="None")
    assert other == ["a=b; Path=/; Domain=example.org; Secure; HttpOnly; SameSite=None"]


def test_expired_cookie_headers_delete_every_cookie_that_a_signer_makes():
    made = {**SIGNER.signed_cookies(f"{FOLDER}a", 9), **SIGNER.signed_cookies_by_policy(custom_policy(f"{FOLDER}*", 9))}
    headers = expired_cookie_headers("/content/7/")
    assert {header.partition("=")[0] for header in headers} == made.keys()
    assert headers[0] == "CloudFront-Policy=; Max-Age=0; Path=/content/7/; Secure; HttpOnly; SameSite=Strict"


def test_a_copy_of_the_folder_works_without_the_app(tmp_path: Path):
    shutil.copytree(Path(cloudfront_signing.__file__).parent, tmp_path / "taken")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); before = set(sys.modules); import taken;"
        f"taken.Signer('K1', sys.stdin.read()).signed_url('https://example.com/a', 9);"
        "print({name.partition('.')[0] for name in set(sys.modules) - before}"
        " - set(sys.stdlib_module_names) - {'taken', 'cryptography', '_cffi_backend', '_openssl'})"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], input=private_pem("ecdsa"), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
