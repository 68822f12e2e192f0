"""Our links beside those of other implementations: AWS's signers for Node and Python, and the openssl command."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.signers import CloudFrontSigner
from chalicelib.video.playback.cloudfront_signing import Policy, Signer, canned_policy, custom_policy
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.unit.video.playback.links import (
    ALGORITHMS,
    KEY_ID,
    KEYS,
    VECTORS,
    accepts,
    decoded,
    parameters_of,
    private_pem,
    split,
    statement,
)

# Made by vectors/make.mjs.
NODE = json.loads((VECTORS / "cloudfront_signer.json").read_text())
SITE = "https://d111111abcdef8.cloudfront.net"
EXPIRES = 1767290400
by_vector = pytest.mark.parametrize(
    "vector", NODE, ids=lambda vector: f"{vector['key']}-{vector['algorithm']}-{vector['url'][len(SITE) :]}"
)
by_key = pytest.mark.parametrize("key", KEYS)
by_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


def signer(vector: dict[str, Any]) -> Signer:
    return Signer(vector["key_id"], private_pem(vector["key"]), vector["algorithm"])


def policy(vector: dict[str, Any]) -> Policy | None:
    """The custom policy of a vector; None if its policy is a canned one."""
    if vector["not_before"] is None and vector["ip_address"] is None:
        return None
    return custom_policy(
        vector["url"], vector["expires"], not_before=vector["not_before"], ip_address=vector["ip_address"]
    )


def assert_equal_or_both_valid(vector: dict[str, Any], ours: dict[str, str], theirs: dict[str, str]) -> None:
    """RSA gives one signature only; ECDSA a new one each time, so there each is verified with the public key."""
    text = policy(vector) or canned_policy(vector["url"], vector["expires"])
    assert {**ours, "Signature": ""} == {**theirs, "Signature": ""}
    assert accepts(vector["key"], text, ours)
    assert accepts(vector["key"], text, theirs)
    if vector["key"] == "rsa":
        assert ours["Signature"] == theirs["Signature"]


@by_vector
def test_signed_urls_are_those_of_the_signer_for_node(vector: dict[str, Any]):
    if vector["signed_url"] is None:
        return
    custom = policy(vector)
    if custom is None:
        link = signer(vector).signed_url(vector["url"], vector["expires"])
    else:
        link = signer(vector).signed_url_by_policy(vector["url"], custom)
    (url, ours), (their_url, theirs) = split(link), split(vector["signed_url"])
    assert url == their_url == vector["url"]
    assert_equal_or_both_valid(vector, ours, theirs)


@by_vector
def test_signed_cookies_are_those_of_the_signer_for_node(vector: dict[str, Any]):
    custom = policy(vector)
    if custom is None:
        cookies = signer(vector).signed_cookies(vector["url"], vector["expires"])
    else:
        cookies = signer(vector).signed_cookies_by_policy(custom)
    assert cookies.keys() == vector["cookies"].keys()
    assert_equal_or_both_valid(vector, parameters_of(cookies), parameters_of(vector["cookies"]))


def with_botocore(key: str) -> CloudFrontSigner:
    private: Any = load_pem_private_key(private_pem(key).encode(), None)
    signing = (PKCS1v15(), hashes.SHA1()) if key == "rsa" else (ECDSA(hashes.SHA1()),)
    return CloudFrontSigner(KEY_ID, lambda message: private.sign(message, *signing))


@pytest.mark.parametrize("url", [f"{SITE}/horizon.jpg", f"{SITE}/horizon.jpg?size=large&license=yes"])
def test_a_canned_url_is_that_of_botocore(url: str):
    moment = datetime.fromtimestamp(EXPIRES, UTC)
    theirs = with_botocore("rsa").generate_presigned_url(url, date_less_than=moment)
    assert Signer(KEY_ID, private_pem("rsa"), "SHA1").signed_url(url, moment) == theirs


def test_a_custom_url_is_that_of_botocore():
    url, policy = f"{SITE}/training/orientation.pdf", custom_policy(f"{SITE}/training/*", EXPIRES)
    theirs = with_botocore("rsa").generate_presigned_url(url, policy=policy)
    assert Signer(KEY_ID, private_pem("rsa"), "SHA1").signed_url_by_policy(url, policy) == theirs


def test_an_ecdsa_url_has_the_form_of_botocores():
    ours = Signer(KEY_ID, private_pem("ecdsa"), "SHA1").signed_url(f"{SITE}/a", EXPIRES)
    theirs = with_botocore("ecdsa").generate_presigned_url(f"{SITE}/a", datetime.fromtimestamp(EXPIRES, UTC))
    (url, parameters), (their_url, their_parameters) = split(ours), split(theirs)
    assert url == their_url
    assert {**parameters, "Signature": ""} == {**their_parameters, "Signature": ""}
    assert list(parameters) == list(their_parameters)


def test_a_custom_policy_says_what_botocores_says():
    arguments = (f"{SITE}/training/*", datetime.fromtimestamp(EXPIRES, UTC), datetime.fromtimestamp(1767290000, UTC))
    theirs = with_botocore("rsa").build_policy(*arguments, ip_address="192.0.2.17")
    ours = custom_policy(arguments[0], arguments[1], not_before=arguments[2], ip_address="192.0.2.17")
    assert json.loads(ours) == json.loads(theirs)
    assert len(ours) == len(theirs)


def test_policies_are_the_texts_of_the_documentation():
    url = f"{SITE}/horizon.jpg?size=large&license=yes"
    assert canned_policy(url, 1357034400) == statement(url, 1357034400)
    address = {"IpAddress": {"AWS:SourceIp": "192.0.2.0/24"}}
    assert custom_policy(f"{SITE}/training/*", 1675159200, ip_address="192.0.2.0/24") == statement(
        f"{SITE}/training/*", 1675159200, **address
    )
    assert custom_policy(url, 1357034400) == statement(url, 1357034400)


@pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command is not installed")
@by_algorithm
@by_key
def test_openssl_verifies_our_signature(key: str, algorithm: Any, tmp_path: Path):
    signer = Signer(KEY_ID, private_pem(key), algorithm)
    policy = custom_policy(f"{SITE}/training/*", EXPIRES)
    (tmp_path / "public.pem").write_text(signer.public_key_pem)
    (tmp_path / "signature").write_bytes(decoded(signer.signature(policy)))
    command = ["openssl", "dgst", f"-{algorithm.lower()}", "-verify", "public.pem", "-signature", "signature"]

    def answer(text: str) -> str:
        done = subprocess.run(command, input=text.encode(), capture_output=True, cwd=tmp_path, check=False)
        return done.stdout.decode().strip()

    assert answer(policy) == "Verified OK"
    assert answer(policy + "\n") == "Verification failure"


@pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command is not installed")
@by_algorithm
def test_an_rsa_signature_is_the_one_that_openssl_makes(algorithm: Any):
    policy = canned_policy(f"{SITE}/a.mp4", EXPIRES)
    command = ["openssl", "dgst", f"-{algorithm.lower()}", "-sign", str(VECTORS / "rsa.pem")]
    theirs = subprocess.run(command, input=policy.encode(), capture_output=True, check=True).stdout
    assert decoded(Signer(KEY_ID, private_pem("rsa"), algorithm).signature(policy)) == theirs
