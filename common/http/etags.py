"""ETags and conditional requests: https://www.rfc-editor.org/rfc/rfc9110#section-13

Not werkzeug.http: its import alone takes 100 ms of CPU in a cold start, and it accepts lists that are not well formed.
"""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from msgspec import Meta

from common.http.problems import invalid_header
from common.http.requests import ApiRequest
from common.values import Precondition

T = TypeVar("T")

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")
MAX_LENGTH = 4096
ANY = "*"
# What the contract promises. Tags beyond ASCII, which RFC 9110 allows, are accepted, too.
EntityTags = Annotated[
    str,
    Meta(
        pattern=r'^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$',
        description="ETags of earlier responses, or `*` for any.",
        examples=['"1.3"'],
    ),
]


def tags(header: str | None, name: str) -> Sequence[str] | None:
    """Parse If-Match or If-None-Match: None when absent, otherwise its entity tags, or `*`.

    Raises
    ------
    Problem
        400: not a list of quoted entity tags.
    """
    if header is None:
        return None
    if header.strip() == ANY:
        return [ANY]
    if len(header) > MAX_LENGTH or not _LIST.fullmatch(header):
        raise invalid_header(name, 'must be * or a list of quoted entity tags, such as "1"')
    return re.findall(_TAG, header)


def matches_weakly(entity_tags: Sequence[str] | None, etag: str) -> bool:
    """Compare as If-None-Match does: a weak tag matches like a strong one."""
    return entity_tags is not None and (ANY in entity_tags or etag in {tag.removeprefix("W/") for tag in entity_tags})


def matches_strongly(entity_tags: Sequence[str] | None, etag: str) -> bool:
    """Compare as If-Match does: a weak tag never matches; without the header everything matches."""
    return entity_tags is None or ANY in entity_tags or etag in entity_tags


def of_version(representation: str, version: int) -> str:
    """Make the ETag of a resource that counts its versions.

    `representation` changes when the same resource would be written differently, so that no client may keep its copy.
    """
    return f'"{representation}.{version}"'


def if_match(request: ApiRequest, etag_of: Callable[[T], str]) -> Precondition[T] | None:
    """Read If-Match as a condition on the resource; None without the header.

    Raises
    ------
    Problem
        400: not a list of quoted entity tags.
    """
    entity_tags = tags(request.header("If-Match"), "If-Match")
    return None if entity_tags is None else lambda resource: matches_strongly(entity_tags, etag_of(resource))


def not_modified(request: ApiRequest, etag: str) -> bool:
    """Whether the request's If-None-Match names this ETag: then the client has the resource, and the response is 304.

    Raises
    ------
    Problem
        400: not a list of quoted entity tags.
    """
    return matches_weakly(tags(request.header("If-None-Match"), "If-None-Match"), etag)
