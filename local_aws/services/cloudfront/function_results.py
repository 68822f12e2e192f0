"""Validates what a viewer function returns, and names the headers that functions cannot see.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
Values that a function leaves unchanged come from the viewer or the origin, and are not validated.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

_HIDDEN_NAMES = """client-cert client-cert-chain cloudfront-viewer-cert-pem connection expect keep-alive
proxy-authenticate proxy-authorization proxy-connection trailer upgrade x-accel-buffering x-accel-charset
x-accel-limit-rate x-accel-redirect x-amzn-auth x-amzn-cf-billing x-amzn-cf-id x-amzn-cf-xff x-amzn-errortype
x-amzn-fle-profile x-amzn-header-count x-amzn-header-order x-amzn-lambda-integration-tag x-amzn-requestid x-cache
x-forwarded-proto x-real-ip"""
_HIDDEN = frozenset(_HIDDEN_NAMES.split())
_HIDDEN_STARTS = ("x-amz-cf-", "x-edge-")
READ_ONLY_IN_REQUESTS = frozenset(("cdn-loop", "content-length", "host", "transfer-encoding", "via"))
_READ_ONLY_IN_RESPONSES = frozenset(("content-encoding", "content-length", "transfer-encoding", "via", "warning"))
# RFC 9110 section 5.6.2, in lower case.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
# Text has no lone surrogates, which UTF-8 cannot encode; a header line has no control characters either, and a URL
# no spaces.
_TEXT = re.compile(r"[^\ud800-\udfff]*")
_LINE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")
_UNSPACED = re.compile(r"[^\x00-\x20\x7f\ud800-\udfff]*")
_URI = re.compile(f"/{_UNSPACED.pattern}")


class InvalidResult(Exception):
    """CloudFront does not accept the function's result; the text names the field."""


def is_hidden(header: str) -> bool:
    """Whether functions neither see nor add this header."""
    return header in _HIDDEN or header.startswith(_HIDDEN_STARTS)


def is_response(result: Any) -> bool:
    """Whether a viewer-request function returned a response instead of the request.

    Raises
    ------
    InvalidResult
        The result is not an object.
    """
    if not isinstance(result, dict):
        raise InvalidResult("the result must be a request or a response.")
    return "statusCode" in result


def check_request(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Raise InvalidResult if a function returned no valid request, or changed in `before` what it must not change."""
    if after.get("method") != before["method"]:
        raise InvalidResult("request.method must be there, and cannot be changed.")
    if after.get("uri") != before["uri"] and not _is(_URI, after.get("uri")):
        raise InvalidResult("request.uri must begin with a slash and have no spaces.")
    _check_query(before["querystring"], after.get("querystring"))
    _check_headers("request.headers", before["headers"], after.get("headers"), READ_ONLY_IN_REQUESTS)
    _check_fields("request.cookies", before["cookies"], after.get("cookies"))


def check_response(before: dict[str, Any] | None, after: Any) -> None:
    """Raise InvalidResult if a function returned no valid response, or changed what it must not.

    `before` is the origin's response; None if the function made the response itself.
    """
    if not isinstance(after, dict) or "statusCode" not in after:
        raise InvalidResult("response.statusCode is missing.")
    status = after["statusCode"]
    # A bool is an int in Python, and 1xx are not final responses.
    if type(status) is not int or not 200 <= status <= 599:
        raise InvalidResult("response.statusCode must be an integer from 200 to 599.")
    if after.get("statusDescription") is not None and not _is(_LINE, after["statusDescription"]):
        raise InvalidResult("response.statusDescription must be a line of text.")
    old = before or {"headers": {}, "cookies": {}}
    read_only = READ_ONLY_IN_REQUESTS if before is None else _READ_ONLY_IN_RESPONSES
    _check_headers("response.headers", old["headers"], after.get("headers"), read_only)
    _check_fields("response.cookies", old["cookies"], after.get("cookies"))
    _check_body(after.get("body"))


def _check_query(before: dict[str, Any], after: Any) -> None:
    if isinstance(after, str):
        if not _UNSPACED.fullmatch(after):
            raise InvalidResult("request.querystring must have no spaces.")
    else:
        # The values are escaped in the origin request.
        _check_fields("request.querystring", before, after, _TEXT)


def _check_headers(where: str, before: dict[str, Any], after: Any, read_only: frozenset[str]) -> None:
    for name in _check_fields(where, before, after):
        if not _HEADER_NAME.fullmatch(name):
            raise InvalidResult(f"{where} must have header names in lower case.")
        if is_hidden(name):
            raise InvalidResult(f"{where} has a header that functions cannot add.")
        if name in read_only:
            raise InvalidResult(f"{where} has a read-only header that was added or changed.")


def _check_fields(where: str, before: dict[str, Any], after: Any, allowed: re.Pattern[str] = _LINE) -> list[str]:
    """Check the new and changed headers, cookies or parameters; returns their names."""
    if after is None:
        return []
    if not isinstance(after, dict):
        raise InvalidResult(f"{where} must be an object.")
    changed = {name: item for name, item in after.items() if name not in before or item != before[name]}
    for name, item in changed.items():
        if not _is(allowed, name) or not all(_is(allowed, text) for text in _texts(item)):
            raise InvalidResult(f"{where} must have objects with values that are text.")
    return list(changed)


def _texts(item: Any) -> Iterator[Any]:
    """The values of one header, cookie or parameter, all of which must be text."""
    several = item.get("multiValue", []) if isinstance(item, dict) else None
    if not isinstance(several, list):
        yield None
        return
    if "value" in item or not several:
        yield item.get("value")
    if "attributes" in item:
        yield item["attributes"]
    for each in several:
        yield each.get("value") if isinstance(each, dict) else None
        yield each.get("attributes", "") if isinstance(each, dict) else None


def _check_body(body: Any) -> None:
    if body is None:
        return
    data, encoding = (body.get("data"), body.get("encoding", "text")) if isinstance(body, dict) else (body, "text")
    if encoding not in ("text", "base64") or not _is(_TEXT, data):
        raise InvalidResult("response.body must be text, or data with the encoding text or base64.")
    if encoding == "base64":
        try:
            base64.b64decode(str(data), validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidResult("response.body.data is not valid base64.") from error


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
