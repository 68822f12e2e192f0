"""URLs to be signed, and the resources of custom policies, which are URLs with wildcards.

A URL has to be in the form in which clients send it: CloudFront compares texts, and clients remove fragments, user
names and dot segments. So a signature of another form would never be accepted.

In a custom policy `*` stands for any characters and `?` for one. The question mark before a query string is not
escaped; earlier versions of the documentation demanded a backslash before it.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
"""

import re
from urllib.parse import unquote

from .errors import InvalidResource, InvalidUrl

_RESERVED = {"expires", "policy", "signature", "key-pair-id", "hash-algorithm"}
_HOST = r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
# The characters of RFC 3986, without the asterisk: https://www.rfc-editor.org/rfc/rfc3986#appendix-A
_PLAIN = r"A-Za-z0-9\-._~!$&'()+,;=:@/"
# Possessive: without that, the time to refuse a URL would grow exponentially with its length.
_PATH, _QUERY, _PATTERN = (rf"(?:[{_PLAIN}{more}]++|%[0-9A-Fa-f]{{2}})*+" for more in ("", "?", "*?"))
_URL = re.compile(rf"https?://{_HOST}/{_PATH}(?:\?(?!$){_QUERY})?")
_RESOURCE = re.compile(rf"(?:https?|\*)://{_HOST}/{_PATTERN}")
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?=[/?]|$)", re.IGNORECASE)


def check_url(url: str) -> None:
    """Check that a URL can be signed.

    Raises
    ------
    InvalidUrl
    """
    if not _URL.fullmatch(url):
        raise InvalidUrl(_fault(url))
    path, _, query = url.partition("?")
    if ("/." in path or "/%2" in path) and _DOT_SEGMENT.search(path):
        raise InvalidUrl("clients remove the segments '.' and '..' of a path before they request it")
    if query:
        _check_parameters(query)


def check_resource(resource: str) -> None:
    """Check that a resource names one host, and files on it by a path that may have wildcards.

    Raises
    ------
    InvalidResource
    """
    if not _RESOURCE.fullmatch(resource):
        raise InvalidResource(
            "a resource is 'https://', a host without wildcards, and a path, which may have wildcards"
        )
    if _DOT_SEGMENT.search(resource):
        raise InvalidResource("clients remove the segments '.' and '..' of a path before they request it")


def _check_parameters(query: str) -> None:
    for parameter in re.split("[&;]", query):
        name = unquote(parameter.partition("=")[0]).strip().lower()
        if name in _RESERVED:
            raise InvalidUrl(f"CloudFront reserves the query parameter {name!r}: is this URL signed already?")


def _fault(url: str) -> str:
    """Say what is wrong with a URL, without repeating it."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("http", "https"):
        return "the URL does not begin with http:// or https://"
    if not re.match(rf"{_HOST}(?:[/?#]|$)", rest):
        return "the URL has no host, or more than a host and a port before its path"
    if "/" not in rest.partition("?")[0]:
        return "the URL has no path: it needs at least '/'"
    if "#" in url:
        return "the URL has a fragment, which clients do not send"
    if "*" in url:
        return "'*' is a wildcard, which only the resource of a custom policy has: write %2A for the character"
    if url.endswith("?"):
        return "the URL ends in a question mark without parameters"
    return "the URL has a character that must be percent-encoded"
