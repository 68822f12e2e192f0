"""Conditional and range requests, answered from a complete response.

RFC 9110 sections 13 and 14, and https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RangeGETs.html
"""

import re
from typing import Any

from local_aws.services.cloudfront.cache_control import http_date, whole

_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
_ETAGS = re.compile(r'(?:W/)?"[^"]*"')
# RFC 9110 section 15.4.5: what a 304 repeats; the others describe the content that it does not carry.
_NOT_IN_304 = ("content-type", "content-encoding", "content-range")


def is_not_modified(request: dict[str, Any], headers: dict[str, Any]) -> bool:
    """Whether the viewer has this version already. If-None-Match comes before If-Modified-Since."""
    wanted = request.get("if-none-match")
    if wanted is not None:
        tag = headers.get("etag")
        return wanted.strip() == "*" or (tag is not None and _weak(tag) in map(_weak, _ETAGS.findall(wanted)))
    since, modified = http_date(request.get("if-modified-since") or ""), http_date(headers.get("last-modified") or "")
    return since is not None and modified is not None and modified <= since


def without_content(headers: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The headers of a 304, whose Content-Length is that of the content it stands for."""
    kept = {name: value for name, value in headers.items() if name not in _NOT_IN_304}
    return kept | {"content-length": str(len(body))} if body else kept


def conditions_for(headers: dict[str, Any]) -> dict[str, str]:
    """The request headers that ask an origin whether its response is still the current one."""
    conditions = {}
    if tag := headers.get("etag"):
        conditions["if-none-match"] = tag
    if modified := headers.get("last-modified"):
        conditions["if-modified-since"] = modified
    return conditions


def part(value: str, headers: dict[str, Any], body: bytes) -> tuple[int, dict[str, Any], bytes] | None:
    """(206 or 416, headers, body) for a Range header; None when the complete response is sent."""
    range_match = _RANGE.fullmatch(value.replace(" ", ""))
    if range_match is None or not (range_match[1] or range_match[2]):
        return None
    size = len(body)
    first, last = _bounds(range_match[1], range_match[2], size)
    if range_match[1] and range_match[2] and whole(range_match[2]) < whole(range_match[1]):
        return None
    if first >= size:
        return 416, without_content(headers, b"") | {"content-range": f"bytes */{size}"}, b""
    content = body[first : last + 1]
    limits = {"content-range": f"bytes {first}-{last}/{size}", "content-length": str(len(content))}
    return 206, headers | limits, content


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        # The last so many bytes; none of them cannot be served.
        return (max(0, size - whole(last)), size - 1) if whole(last) else (size, size)
    return whole(first), min(whole(last), size - 1) if last else size - 1


def _weak(tag: str) -> str:
    return tag.removeprefix("W/")
