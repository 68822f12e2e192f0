"""Signed URLs and signed cookies with one key."""

import re
from binascii import b2a_base64

from .errors import InvalidKey
from .keys import HashAlgorithm, load_private_key, public_key_pem, signatures_with
from .policies import Policy, canned_policy
from .resources import check_url
from .times import Moment, epoch_seconds

_KEY_ID = re.compile(r"[A-Za-z0-9_-]+")
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-linux-openssl.html
_URL_SAFE = bytes.maketrans(b"+=/", b"-_~")


class Signer:
    """Signs with one private key, which is loaded once. A signer can be used by several threads.

    Parameters
    ----------
    key_id
        CloudFront's id of the public key (`K2JCJMDEHXQW5F`).
    private_key_pem
        The private key, unencrypted: RSA of 2048 bits, or on the curve P-256.
    hash_algorithm
        CloudFront takes SHA-256 since April 2026. A link names it in a parameter; a link without one has SHA-1.

    Raises
    ------
    InvalidKey
    """

    def __init__(self, key_id: str, private_key_pem: str | bytes, hash_algorithm: HashAlgorithm = "SHA256") -> None:
        if not _KEY_ID.fullmatch(key_id):
            raise InvalidKey("the id of a key has letters and digits only")
        key = load_private_key(private_key_pem)
        self.key_id = key_id
        self.public_key_pem = public_key_pem(key)
        self._sign = signatures_with(key, hash_algorithm)
        named_hash = "" if hash_algorithm == "SHA1" else hash_algorithm
        self._parameters = f"&Key-Pair-Id={key_id}" + (f"&Hash-Algorithm={named_hash}" if named_hash else "")
        self._cookies = {"CloudFront-Key-Pair-Id": key_id}
        if named_hash:
            self._cookies["CloudFront-Hash-Algorithm"] = named_hash

    def signed_url(self, url: str, expires: Moment) -> str:
        """Sign a URL by a canned policy: whoever has it reads this one file until `expires`.

        Raises
        ------
        InvalidUrl
        InvalidTime
        """
        seconds = epoch_seconds(expires)
        signature = self.signature(canned_policy(url, seconds))
        return f"{url}{_separator(url)}Expires={seconds}&Signature={signature}{self._parameters}"

    def signed_url_by_policy(self, url: str, policy: Policy) -> str:
        """Sign a URL by a custom policy. The policy's resource has to match the URL, which is not checked here.

        Raises
        ------
        InvalidUrl
        """
        check_url(url)
        encoded = _url_safe_base64(policy.encode())
        return f"{url}{_separator(url)}Policy={encoded}&Signature={self.signature(policy)}{self._parameters}"

    def signed_cookies(self, url: str, expires: Moment) -> dict[str, str]:
        """Return the cookies of a canned policy, names to values: whoever has them reads this one file.

        Raises
        ------
        InvalidUrl
        InvalidTime
        """
        seconds = epoch_seconds(expires)
        signature = self.signature(canned_policy(url, seconds))
        return {"CloudFront-Expires": str(seconds), "CloudFront-Signature": signature, **self._cookies}

    def signed_cookies_by_policy(self, policy: Policy) -> dict[str, str]:
        """Return the cookies of a custom policy, names to values: whoever has them reads all that its resource names.

        Browsers send them where `set_cookie_headers` says.
        """
        encoded = _url_safe_base64(policy.encode())
        return {"CloudFront-Policy": encoded, "CloudFront-Signature": self.signature(policy), **self._cookies}

    def signature(self, policy: str) -> str:
        """Sign a policy; the result is base64 in which CloudFront's `-_~` stand for `+=/`."""
        return _url_safe_base64(self._sign(policy.encode()))


def _separator(url: str) -> str:
    return "&" if "?" in url else "?"


def _url_safe_base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).translate(_URL_SAFE).decode()
