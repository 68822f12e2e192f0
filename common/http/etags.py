"""ETags and conditional requests: https://www.rfc-editor.org/rfc/rfc9110#section-13"""

import re
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from common.http.problems import invalid_header

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")
MAX_LENGTH = 4096
ANY = "*"
# What is promised to clients. Tags beyond ASCII, which RFC 9110 allows, are read too; we never send one.
EntityTags = Annotated[
    str,
    Meta(
        pattern=r'^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$',
        description="ETags of earlier answers, or `*` for any.",
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


def matches_weakly(wanted: Sequence[str] | None, etag: str) -> bool:
    """Compare as If-None-Match does: a weak tag is as good as a strong one."""
    return wanted is not None and (ANY in wanted or etag in {tag.removeprefix("W/") for tag in wanted})


def matches_strongly(wanted: Sequence[str] | None, etag: str) -> bool:
    """Compare as If-Match does: weak tags never match; no header matches always."""
    return wanted is None or ANY in wanted or etag in wanted
