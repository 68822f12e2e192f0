"""Private keys of the two kinds that CloudFront takes, and signatures with them.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-trusted-signers.html
"""

from collections.abc import Callable
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from .errors import InvalidKey

HashAlgorithm = Literal["SHA256", "SHA1"]
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey

RSA_BITS = 2048
# S303: CloudFront's default algorithm. A signature with SHA-1 needs no parameter that names the algorithm.
_HASHES = {"SHA256": hashes.SHA256(), "SHA1": hashes.SHA1()}  # noqa: S303


def load_private_key(pem: str | bytes) -> PrivateKey:
    """Load an unencrypted private key in PEM.

    Raises
    ------
    InvalidKey
        It cannot be read, is encrypted, or is neither RSA of 2048 bits nor on the curve P-256.
    """
    try:
        key = load_pem_private_key(pem.encode() if isinstance(pem, str) else pem, password=None)
    except TypeError:
        raise InvalidKey("the private key is encrypted: decrypt it first") from None
    except (ValueError, UnsupportedAlgorithm):
        # Without its cause: whatever an error of the parser tells of the text, it is that of a private key.
        raise InvalidKey("this is not a private key in PEM") from None
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key
    if isinstance(key, RSAPrivateKey) and key.key_size == RSA_BITS:
        return key
    raise InvalidKey(f"CloudFront takes RSA keys of {RSA_BITS} bits and keys on the curve P-256, no others")


def signatures_with(key: PrivateKey, algorithm: HashAlgorithm) -> Callable[[bytes], bytes]:
    """Return a function that signs a message: RSASSA-PKCS1-v1_5, or ECDSA in DER.

    Raises
    ------
    InvalidKey
        The hash algorithm is another.
    """
    if algorithm not in _HASHES:
        raise InvalidKey(f"the hash algorithm is one of {', '.join(_HASHES)}")
    hashed = _HASHES[algorithm]
    if isinstance(key, RSAPrivateKey):
        padding = PKCS1v15()
        return lambda message: key.sign(message, padding, hashed)
    ecdsa = ECDSA(hashed)
    return lambda message: key.sign(message, ecdsa)


def public_key_pem(key: PrivateKey) -> str:
    """Return the public key in the form that CloudFront takes."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
