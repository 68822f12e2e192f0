"""Answers conditional requests and range requests from a complete response.

RFC 9110 sections 13 and 14, and https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RangeGETs.html
"""

import re
from typing import Any

from local_aws.services.cloudfront.cache_control import http_date, whole

_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
_ETAGS = re.compile(r'(?:W/)?"[^"]*"')
# RFC 9110 section 15.4.5: a 304 has no content, so it omits the headers that describe the content.
_NOT_IN_304 = ("content-type", "content-encoding", "content-range")


def is_not_modified(request: dict[str, Any], headers: dict[str, Any]) -> bool:
    """Whether the viewer already has this version. If-None-Match takes precedence over If-Modified-Since."""
    tags = request.get("if-none-match")
    if tags is not None:
        tag = headers.get("etag")
        return tags.strip() == "*" or (tag is not None and _weak(tag) in map(_weak, _ETAGS.findall(tags)))
    since, modified = http_date(request.get("if-modified-since") or ""), http_date(headers.get("last-modified") or "")
    return since is not None and modified is not None and modified <= since


def without_content(headers: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The headers of a 304. Its Content-Length is that of the omitted content."""
    remaining = {name: value for name, value in headers.items() if name not in _NOT_IN_304}
    return remaining | {"content-length": str(len(body))} if body else remaining


def conditions_for(headers: dict[str, Any]) -> dict[str, str]:
    """The conditional headers with which the edge revalidates a cached response."""
    conditions = {}
    if tag := headers.get("etag"):
        conditions["if-none-match"] = tag
    if modified := headers.get("last-modified"):
        conditions["if-modified-since"] = modified
    return conditions


def partial_content(value: str, headers: dict[str, Any], body: bytes) -> tuple[int, dict[str, Any], bytes] | None:
    """Answer a Range header with (206 or 416, headers, body); None when the complete response must be sent."""
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
        # A suffix range asks for the last bytes; a suffix of zero bytes cannot be satisfied.
        return (max(0, size - whole(last)), size - 1) if whole(last) else (size, size)
    return whole(first), min(whole(last), size - 1) if last else size - 1


def _weak(tag: str) -> str:
    return tag.removeprefix("W/")
