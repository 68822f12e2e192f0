"""Which keys a signer takes."""

from typing import Any

import pytest
from chalicelib.video.playback.cloudfront_signing import InvalidKey, Signer
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.unit.video.playback.links import KEY_ID, private_pem


def pem(key: Any, encryption: KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(65537, 1024),
        lambda: rsa.generate_private_key(65537, 3072),
        lambda: ec.generate_private_key(ec.SECP384R1()),
        lambda: ec.generate_private_key(ec.SECP256K1()),
        lambda: ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["RSA-1024", "RSA-3072", "P-384", "secp256k1", "Ed25519"],
)
def test_a_key_that_cloudfront_does_not_take_is_refused(make: Any):
    with pytest.raises(InvalidKey, match="RSA keys of 2048 bits and keys on the curve P-256"):
        Signer(KEY_ID, pem(make()))


def test_an_encrypted_key_is_refused():
    key = load_pem_private_key(private_pem("ecdsa").encode(), None)
    with pytest.raises(InvalidKey, match="encrypted"):
        Signer(KEY_ID, pem(key, BestAvailableEncryption(b"secret")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no key",
        private_pem("rsa")[:-200],
        private_pem("ecdsa").replace("M", "N", 1),
        Signer(KEY_ID, private_pem("ecdsa")).public_key_pem,
    ],
    ids=["empty", "text", "cut off", "altered", "public key"],
)
def test_a_broken_key_is_refused_without_a_word_of_it(text: str):
    with pytest.raises(InvalidKey, match="not a private key in PEM") as refusal:
        Signer(KEY_ID, text)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("key_id", ["", "K2&Policy=x", "K2 ", "K2\n", "K2;"])
def test_a_key_id_that_would_end_its_parameter_is_refused(key_id: str):
    with pytest.raises(InvalidKey, match="letters and digits"):
        Signer(key_id, private_pem("ecdsa"))


def test_an_unknown_hash_algorithm_is_refused():
    with pytest.raises(InvalidKey, match="SHA256, SHA1"):
        Signer(KEY_ID, private_pem("ecdsa"), "MD5")  # type: ignore[arg-type]
