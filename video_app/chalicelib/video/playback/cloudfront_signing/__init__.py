"""CloudFront signed URLs and signed cookies: canned and custom policies, ECDSA P-256 and RSA-2048, SHA-256 and SHA-1.

The package needs the standard library and `cryptography` only, and it imports nothing of the app, so that another
project can copy the folder::

    signer = Signer("K2JCJMDEHXQW5F", private_key_pem)  # once: loading a key costs more than a signature
    until = expiry(int(time.time()), ttl_seconds=300)

    signer.signed_url("https://d111111abcdef8.cloudfront.net/report.pdf", until)

    policy = custom_policy("https://d111111abcdef8.cloudfront.net/films/7/*", until, ip_address="192.0.2.17")
    cookies = signer.signed_cookies_by_policy(policy)
    headers = set_cookie_headers(cookies, path="/films/7/")

It refuses what CloudFront would refuse and what would be valid for more than the caller meant. Each refusal is a
`SigningError`. Its message never contains a key, a signature or a URL, so that it can be logged.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PrivateContent.html
"""

from .cookies import expired_cookie_headers, set_cookie_headers
from .errors import (
    InvalidAddress,
    InvalidCookieAttribute,
    InvalidKey,
    InvalidResource,
    InvalidTime,
    InvalidUrl,
    SigningError,
)
from .keys import HashAlgorithm
from .policies import Policy, canned_policy, custom_policy
from .signer import Signer
from .times import LAST_MOMENT, Moment, expiry

__all__ = [
    "LAST_MOMENT",
    "HashAlgorithm",
    "InvalidAddress",
    "InvalidCookieAttribute",
    "InvalidKey",
    "InvalidResource",
    "InvalidTime",
    "InvalidUrl",
    "Moment",
    "Policy",
    "Signer",
    "SigningError",
    "canned_policy",
    "custom_policy",
    "expired_cookie_headers",
    "expiry",
    "set_cookie_headers",
]
