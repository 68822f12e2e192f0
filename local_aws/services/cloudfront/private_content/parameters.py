"""Reads a request's signature from its query string or its cookies.

A URL with any of the five query parameters is a signed URL, and CloudFront then ignores signed cookies.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-choosing-signed-urls-cookies.html
"""

from local_aws.services.cloudfront.private_content.refusals import Reason, Refused

NAMES = frozenset(("Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"))
_COOKIE_PREFIX = "CloudFront-"
COOKIE_NAMES = frozenset(_COOKIE_PREFIX + name for name in NAMES)
Signature = dict[str, str]


def split_query(query: str) -> tuple[Signature, str]:
    """Separate the signature's parameters from a query string; returns them and the rest, in the viewer's spelling.

    Raises
    ------
    Refused
        A parameter is there twice. AWS does not document which one would count.
    """
    signature: Signature = {}
    others = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name in NAMES:
            _add(signature, name, value)
        else:
            others.append(pair)
    return signature, "&".join(others)


def from_cookies(header: str) -> Signature:
    """Read the signature from a Cookie header. Names are case-sensitive.

    Raises
    ------
    Refused
        A cookie is there twice.
    """
    signature: Signature = {}
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name in COOKIE_NAMES:
            _add(signature, name.removeprefix(_COOKIE_PREFIX), value)
    return signature


def _add(signature: Signature, name: str, value: str) -> None:
    if name in signature:
        raise Refused(Reason.ACCESS_DENIED)
    signature[name] = value
