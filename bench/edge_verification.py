"""Signed URLs at the embedded edge: CPU of verifying different ones, beside a bare verification of their signatures."""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.result import Limit, Result, compared
from bench.sampling import alternate
from bench.workspace import Workspace

# 5,000 different URLs a second on one core.
MOST_MICROSECONDS = 200
_HOST, _ENDS_AT, _NOW = "d111111abcdef8.cloudfront.net", 1_900_000_000, 1_800_000_000
# CloudFront's default.
_SHA1 = hashes.SHA1()  # noqa: S303 - as above
Sign = Callable[[bytes], bytes]
Check = Callable[[bytes, bytes], None]


def measure(workspace: Workspace) -> list[Result]:
    """Verify URLs with canned and with custom policies, in equal parts, with both kinds of keys."""
    count, rounds = (500, 3) if workspace.short else (2000, 9)
    rsa_key, ec_key = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    keys = {
        "RSA-2048": (rsa_key, (padding.PKCS1v15(), _SHA1)),
        "ECDSA P-256": (ec_key, (ec.ECDSA(_SHA1),)),
    }
    return [_measured(name, key, parameters, count, rounds) for name, (key, parameters) in keys.items()]


def _measured(name: str, key: Any, parameters: tuple[Any, ...], count: int, rounds: int) -> Result:
    public_key = key.public_key()
    _trust(public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
    urls = [_signed(number, lambda text: key.sign(text, *parameters)) for number in range(count)]
    samples = alternate(
        lambda: _verify(urls),
        lambda: _check(urls, lambda signature, text: public_key.verify(signature, text, *parameters)),
        rounds,
    )
    reference = "the bare verification of the same signatures, with cryptography"
    return compared(f"signed URL verified, {name}", "us CPU", samples, reference, Limit(MOST_MICROSECONDS))


@dataclass(frozen=True)
class _Signed:
    """One signed URL, and what its signature signs."""

    path: str
    query: str
    text: bytes
    signature: bytes


def _signed(number: int, sign: Sign) -> _Signed:
    path = f"/content/{number:08x}/1080p/{number:05}.ts"
    is_custom = number % 2 == 0
    resource = f"https://{_HOST}{path.partition('/1080p/')[0]}/*" if is_custom else f"https://{_HOST}{path}"
    condition = f'"Condition":{{"DateLessThan":{{"AWS:EpochTime":{_ENDS_AT}}}}}'
    text = f'{{"Statement":[{{"Resource":"{resource}",{condition}}}]}}'.encode()
    signature = sign(text)
    rules = f"Policy={_encoded(text)}" if is_custom else f"Expires={_ENDS_AT}"
    return _Signed(path, f"{rules}&Signature={_encoded(signature)}&Key-Pair-Id=K", text, signature)


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode().translate(str.maketrans("+=/", "-_~"))


def _trust(pem: str) -> None:
    from ministack.services import cloudfront  # noqa: PLC0415 - it is slow to import

    cloudfront._public_keys["K"] = {"Config": {"EncodedKey": pem}}
    cloudfront._key_groups["G"] = {"Config": {"Items": ["K"]}}


def _verify(urls: list[_Signed]) -> float:
    """The CPU time of one verification by the edge, in microseconds."""
    from local_aws.services.cloudfront.private_content.verification import verify  # noqa: PLC0415 - it imports MiniStack

    requests = [(_request(url), url.path) for url in urls]
    began = time.process_time()
    for request, path in requests:
        verify(request, path, _NOW)
    return _microseconds_each(began, urls)


def _request(url: _Signed) -> Any:
    """What the verification uses of a viewer request."""
    return SimpleNamespace(
        behavior={"trusted_key_groups": ("G",)},
        query=url.query,
        parameters=parse_qs(url.query),
        sent_headers={"host": _HOST},
        is_https=True,
        client_ip="198.51.100.7",
    )


def _check(urls: list[_Signed], check: Check) -> float:
    """The CPU time of one bare verification, in microseconds."""
    began = time.process_time()
    for url in urls:
        check(url.signature, url.text)
    return _microseconds_each(began, urls)


def _microseconds_each(began: float, urls: list[_Signed]) -> float:
    return (time.process_time() - began) * 1e6 / len(urls)
