"""What CloudFront reads from a link, written from its documentation and without our signer."""

import base64
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

KEY_ID = "K2JCJMDEHXQW5F"
KEYS = ("rsa", "ecdsa")
ALGORITHMS = ("SHA1", "SHA256")
RESERVED = ("Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")
VECTORS = Path(__file__).parent / "vectors"
HASHES = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256()}


def private_pem(key: str) -> str:
    """A private key that only these tests have."""
    return (VECTORS / f"{key}.pem").read_text()


@cache
def public_key(key: str) -> Any:
    return load_pem_private_key(private_pem(key).encode(), None).public_key()


def decoded(text: str) -> bytes:
    """Undo CloudFront's base64: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-linux-openssl.html"""
    return base64.b64decode(text.replace("-", "+").replace("_", "=").replace("~", "/"), validate=True)


def split(link: str) -> tuple[str, dict[str, str]]:
    """The URL that was signed, and the parameters of its signature."""
    url, _, query = link.partition("?")
    parameters = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    own = "&".join(part for part in query.split("&") if part.partition("=")[0] not in RESERVED)
    signature = {name: value for name, value in parameters if name in RESERVED}
    assert len(signature) == len([name for name, _ in parameters if name in RESERVED])
    return f"{url}?{own}" if own else url, signature


def statement(resource: str, expires: int, **conditions: Any) -> str:
    """A policy as CloudFront's documentation writes it, without white space."""
    condition = {"DateLessThan": {"AWS:EpochTime": expires}, **conditions}
    return json.dumps({"Statement": [{"Resource": resource, "Condition": condition}]}, separators=(",", ":"))


def accepts(key: str, policy: str, signature: Mapping[str, str]) -> bool:
    """Whether a policy was signed by a key, with the hash algorithm that the link names."""
    if signature["Key-Pair-Id"] != KEY_ID:
        return False
    hashed, public = HASHES[signature.get("Hash-Algorithm", "SHA1")], public_key(key)
    signing = (PKCS1v15(), hashed) if isinstance(public, RSAPublicKey) else (ECDSA(hashed),)
    try:
        public.verify(decoded(signature["Signature"]), policy.encode(), *signing)
    except InvalidSignature:
        return False
    return True


def parameters_of(cookies: Mapping[str, str]) -> dict[str, str]:
    """The parameters of signed cookies by the names that they have in a URL."""
    return {name.removeprefix("CloudFront-"): str(value) for name, value in cookies.items()}
