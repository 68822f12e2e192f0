"""Public keys: which ones CloudFront accepts, which ones a cache behavior trusts, and the verification with one.

AWS: a key is RSA with 2048 bits or ECDSA on P-256, in PEM. Its name is unique.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-trusted-signers.html
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreatePublicKey.html
Lacking here: MiniStack accepts any text, and any name twice.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from ministack.services import cloudfront

from local_aws.hooks import wraps

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
_RSA_BITS = 2048
_CACHED_KEYS = 256
# `cryptography` also accepts a key without line breaks, which CloudFront refuses.
_PEM = re.compile(r"\s*-----BEGIN ((?:RSA )?PUBLIC KEY)-----\s*\n[A-Za-z0-9+/=\s]+\n-----END \1-----\s*")
_PKCS1 = padding.PKCS1v15()
# The algorithm for each value of Hash-Algorithm.
_HASHES: dict[str, hashes.HashAlgorithm] = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256()}  # noqa: S303 - CloudFront's default
_ECDSA = {name: ec.ECDSA(algorithm) for name, algorithm in _HASHES.items()}


@lru_cache(_CACHED_KEYS)
def load(pem: str) -> PublicKey | None:
    """Parse a public key; None if CloudFront does not accept it."""
    if not _PEM.fullmatch(pem):
        return None
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    if isinstance(key, rsa.RSAPublicKey):
        return key if key.key_size == _RSA_BITS else None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1) else None


def trusted_key(groups: Iterable[str], key_id: str) -> PublicKey | None:
    """The key with this id, if one of these key groups has it."""
    for group in groups:
        record = cloudfront._key_groups.get(group)
        if record and key_id in record["Config"]["Items"]:
            key = cloudfront._public_keys.get(key_id)
            return load(key["Config"]["EncodedKey"]) if key else None
    return None


def is_signed(document: bytes, signature: bytes, key: PublicKey, algorithm: str) -> bool:
    """Whether the signature is the key's, with the hash algorithm SHA1 or SHA256."""
    if algorithm not in _HASHES:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, document, _PKCS1, _HASHES[algorithm])
        else:
            key.verify(signature, document, _ECDSA[algorithm])
    except InvalidSignature:
        return False
    return True


@wraps("ministack.services.cloudfront:_parse_public_key_config")
def _parse_config(parse: Callable[[Any], tuple[Any, Any]], el: Any) -> tuple[Any, Any]:
    config, error = parse(el)
    if error is None and load(config["EncodedKey"]) is None:
        problem = "Your request contains empty/invalid/out of limits RSA Encoded Key"
        return None, cloudfront._error("InvalidArgument", problem, 400)
    return config, error


@wraps("ministack.services.cloudfront:_create_public_key")
def _create(create: Callable[[bytes], Any], body: bytes) -> Any:
    element = cloudfront._parse_body(body)
    name = cloudfront._text(element, "Name") if element is not None else ""
    if any(key["Config"]["Name"] == name for key in cloudfront._public_keys.values()):
        return cloudfront._error("PublicKeyAlreadyExists", "The specified public key already exists.", 409)
    return create(body)
