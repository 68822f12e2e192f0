"""New key pairs, as CloudFront takes them.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-trusted-signers.html
"""

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

ECDSA, RSA = "ecdsa", "rsa"
_RSA_BITS, _RSA_EXPONENT = 2048, 65_537


def new_key_pair(algorithm: str) -> tuple[str, str]:
    """Make a private and a public key in PEM: `ecdsa` on the curve P-256, or `rsa` of 2048 bits.

    Raises
    ------
    ValueError
        CloudFront knows no other algorithm.
    """
    if algorithm not in (ECDSA, RSA):
        raise ValueError(f"the algorithm is {ECDSA} or {RSA}")
    key = generate_ec_key(SECP256R1()) if algorithm == ECDSA else generate_rsa_key(_RSA_EXPONENT, _RSA_BITS)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
