r"""Compares the Resource of a custom policy with a request's URL.

Both are divided into protocol, domain, path and query string, and a wildcard does not match beyond its section: `*` is
any number of characters, `?` exactly one. The guide's older version demands `\?` in front of a query string, the
current one `?`; both are accepted.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PROTOCOL = re.compile(r"([a-z*?]+)://")
# `.` or `..` between slashes; any of these characters may be percent-encoded.
_DOT_SEGMENT = re.compile(r"(?:^|/|%2f)(?:\.|%2e){1,2}(?=/|%2f|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Url:
    """The URL of a request, as the viewer sent it, without the signature's parameters. The path begins with a slash."""

    protocol: str
    domain: str
    path: str
    query: str

    def __str__(self) -> str:
        address = f"{self.protocol}://{self.domain}{self.path}"
        return f"{address}?{self.query}" if self.query else address


def includes(resource: str, url: Url) -> bool:
    """Whether a policy's resource includes a URL."""
    if resource == "*":
        return True
    match = _PROTOCOL.match(resource)
    if match is None and not resource.startswith("*"):
        return False
    protocol, rest = (match[1], resource[match.end() :]) if match else ("*", resource)
    domain, slash, tail = rest.partition("/")
    if not slash and domain.endswith("*"):
        tail = "*"
    if not _matches(protocol, url.protocol) or not _matches(domain.lower(), url.domain.lower()):
        return False
    return any(_path_matches(path, url.path) and _matches(query, url.query) for path, query in _divided(tail))


def _divided(tail: str) -> Iterator[tuple[str, str]]:
    """Divide what follows the domain into path and query string, in each way in which it may be read."""
    if "\\?" in tail:
        path, _, query = tail.partition("\\?")
        yield path, query
        return
    # A trailing asterisk implies one in the query string.
    yield tail, "*" if tail.endswith("*") else ""
    if "?" in tail:
        path, _, query = tail.partition("?")
        yield path, query


def _path_matches(pattern: str, path: str) -> bool:
    """Whether a path matches. A wildcard matches no dot segment, which an origin may resolve to another folder."""
    has_wildcard = "*" in pattern or "?" in pattern
    return _matches(pattern, path[1:]) and not (has_wildcard and _DOT_SEGMENT.search(path))


def _matches(pattern: str, text: str) -> bool:
    first, *others = pattern.split("*")
    if not others:
        return len(first) == len(text) and _found_at(first, text, 0) == 0
    *middle, last = others
    end = len(text) - len(last)
    position = len(first)
    if position > end or _found_at(first, text[:position], 0) != 0 or _found_at(last, text[end:], 0) != 0:
        return False
    # The leftmost place of each part leaves the most for the next ones.
    for part in middle:
        found = _found_at(part, text[:end], position)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _found_at(part: str, text: str, start: int) -> int:
    """The first place of a part in which `?` is any character, or -1."""
    if "?" not in part:
        return text.find(part, start)
    expression = "".join("." if character == "?" else re.escape(character) for character in part)
    match = re.compile(expression, re.DOTALL).search(text, start)
    return match.start() if match else -1
