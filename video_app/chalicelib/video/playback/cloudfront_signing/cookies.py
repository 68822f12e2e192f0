"""Set-Cookie headers for signed cookies.

The cookies have no end of their own (`Expires`, `Max-Age`): CloudFront's documentation advises against it, and their
policy ends them. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-cookies.html
"""

import re
from collections.abc import Mapping
from typing import Literal

from .errors import InvalidCookieAttribute

SameSite = Literal["Strict", "Lax", "None"]

NAMES = ("Policy", "Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm")
# What RFC 6265 allows in an attribute, without white space: https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1
_PATH = re.compile(r"/[!-:<-~]*")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+")


def set_cookie_headers(
    cookies: Mapping[str, str], path: str, *, domain: str | None = None, same_site: SameSite = "Strict"
) -> list[str]:
    """Return the values of one Set-Cookie header for each cookie, all `Secure` and `HttpOnly`.

    Parameters
    ----------
    path
        Browsers send the cookies with requests below it. The same as the folder of the policy's resource, so that the
        cookies of several folders do not replace each other; it ends in a slash, or a neighbour's name could begin
        with it.
    domain
        Only if the cookies are for other hosts than the one that sets them.

    Raises
    ------
    InvalidCookieAttribute
    """
    attributes = _attributes(path, domain, same_site)
    return [f"{name}={value}{attributes}" for name, value in cookies.items()]


def expired_cookie_headers(path: str, *, domain: str | None = None, same_site: SameSite = "Strict") -> list[str]:
    """Return the values of Set-Cookie headers that delete all signed cookies of a path.

    Raises
    ------
    InvalidCookieAttribute
    """
    attributes = _attributes(path, domain, same_site)
    return [f"CloudFront-{name}=; Max-Age=0{attributes}" for name in NAMES]


def _attributes(path: str, domain: str | None, same_site: SameSite) -> str:
    if not _PATH.fullmatch(path):
        raise InvalidCookieAttribute("a cookie's path begins with a slash and has no semicolon and no white space")
    if domain is not None and not _DOMAIN.fullmatch(domain):
        raise InvalidCookieAttribute("a cookie's domain has letters, digits, dots and hyphens only")
    return f"; Path={path}" + (f"; Domain={domain}" if domain else "") + f"; Secure; HttpOnly; SameSite={same_site}"
