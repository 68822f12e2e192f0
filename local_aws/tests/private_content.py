"""Signed URLs and signed cookies for tests, and the viewer requests that carry them.

The signer is written for the tests, from the guide's description, and shares nothing with the edge's verification.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
"""

import base64
import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local_aws.services.cloudfront.cache_key import CachePolicy
from local_aws.services.cloudfront.viewer import ViewerRequest

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
HASHES = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256()}


def pem_of(key: PrivateKey) -> str:
    """The public key, as CloudFront takes it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def policy(resource: str | None, ends_at: int, **conditions: Any) -> dict[str, Any]:
    """A custom policy; further conditions are `DateGreaterThan` and `IpAddress`."""
    condition: dict[str, Any] = {"DateLessThan": {"AWS:EpochTime": ends_at}}
    if "DateGreaterThan" in conditions:
        condition["DateGreaterThan"] = {"AWS:EpochTime": conditions["DateGreaterThan"]}
    if "IpAddress" in conditions:
        condition["IpAddress"] = {"AWS:SourceIp": conditions["IpAddress"]}
    return {"Statement": [{**({} if resource is None else {"Resource": resource}), "Condition": condition}]}


def encoded(content: bytes) -> str:
    """Base64 in CloudFront's alphabet."""
    return base64.b64encode(content).decode().replace("+", "-").replace("=", "_").replace("/", "~")


@dataclass(frozen=True)
class Signer:
    """A key pair that signs with one hash algorithm."""

    key_id: str
    key: PrivateKey
    algorithm: str = "SHA1"

    def signature(self, document: bytes) -> str:
        algorithm = HASHES[self.algorithm]
        if isinstance(self.key, rsa.RSAPrivateKey):
            return encoded(self.key.sign(document, padding.PKCS1v15(), algorithm))
        return encoded(self.key.sign(document, ec.ECDSA(algorithm)))

    def custom(self, document: dict[str, Any] | bytes) -> dict[str, str]:
        """The parameters of a custom policy."""
        text = document if isinstance(document, bytes) else json.dumps(document, separators=(",", ":")).encode()
        return {"Policy": encoded(text), **self._others(text)}

    def canned(self, url: str, ends_at: int) -> dict[str, str]:
        """The parameters of a canned policy."""
        text = json.dumps(policy(url, ends_at), separators=(",", ":")).encode()
        return {"Expires": str(ends_at), **self._others(text)}

    def _others(self, text: bytes) -> dict[str, str]:
        others = {"Signature": self.signature(text), "Key-Pair-Id": self.key_id}
        return others if self.algorithm == "SHA1" else {**others, "Hash-Algorithm": self.algorithm}


def signed_url(url: str, parameters: dict[str, str]) -> str:
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return f"{url}{'&' if '?' in url else '?'}{query}"


def cookie_header(parameters: dict[str, str]) -> str:
    return "; ".join(f"CloudFront-{name}={value}" for name, value in parameters.items())


def viewer_request(
    url: str, cookie: str = "", viewer_ip: str = "198.51.100.7", groups: tuple[str, ...] = ("G",)
) -> ViewerRequest:
    """A request for a cache behavior with trusted key groups, as the edge builds it before the check."""
    parts = urlsplit(url)
    headers = {"host": parts.netloc, "x-forwarded-proto": parts.scheme, **({"cookie": cookie} if cookie else {})}
    return ViewerRequest(
        distribution={},
        configuration=SimpleNamespace(),  # type: ignore[arg-type]
        behavior={"trusted_key_groups": groups, "cached_methods": {"GET"}},
        policy=CachePolicy.from_config({"MinTTL": 0, "Parameters": {"CookieBehavior": "all"}}),
        method="GET",
        uri=parts.path,
        query=parts.query,
        headers=headers,
        body=b"",
        client_ip=viewer_ip,
        request_id="id",
        sent_headers=headers,
    )
