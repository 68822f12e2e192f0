"""Matches binary media types, and compresses and decompresses bodies.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
"""

import gzip
import zlib
from typing import Any

Json = dict[str, Any]
_AUTOMATIC_HEADER = 32 + zlib.MAX_WBITS


class UnsupportedCoding(Exception):
    """The content coding of a request body is unknown, or the body is not in the declared coding."""


class TooLong(Exception):
    """The decompressed request body is larger than the limit."""


def is_binary(media_type: str, binary_types: list[str]) -> bool:
    """Whether one of an API's binary media types matches this one."""
    media_type_name = media_type.partition(";")[0].strip().lower()
    if not media_type_name:
        return "*/*" in binary_types
    group = media_type_name.partition("/")[0]
    return any(item.lower() in (media_type_name, "*/*", f"{group}/*") for item in binary_types)


def decompress(body: bytes, coding: str, limit: int) -> bytes:
    """Decompress a request's body.

    Raises
    ------
    UnsupportedCoding
        The coding is not gzip, deflate or identity, or the body is not in that coding.
    TooLong
        The decompressed body is larger than `limit` bytes.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return body
    if coding not in ("gzip", "deflate"):
        raise UnsupportedCoding(coding)
    windows = (_AUTOMATIC_HEADER,) if coding == "gzip" else (_AUTOMATIC_HEADER, -zlib.MAX_WBITS)
    for window in windows:
        inflater = zlib.decompressobj(window)
        try:
            content = inflater.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(content) > limit:
            raise TooLong
        if inflater.eof:
            return content
    raise UnsupportedCoding(coding)


def compress(headers: Json, body: bytes, accept_encoding: str, minimum_size: int | None) -> tuple[Json, bytes]:
    """Compress a response if the API and the client allow it and the integration has not compressed it."""
    coding = _coding(accept_encoding)
    names = {name.lower() for name in headers}
    if minimum_size is None or len(body) < minimum_size or not coding or "content-encoding" in names:
        return headers, body
    packed = gzip.compress(body, 6, mtime=0) if coding == "gzip" else zlib.compress(body, 6)
    remaining = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return {**remaining, "Content-Encoding": coding}, packed


def _coding(accept_encoding: str) -> str | None:
    """The supported coding that the client prefers. `*` does not name a coding."""
    weights: dict[str, float] = {}
    for each in accept_encoding.lower().split(","):
        name, _, parameter = each.partition(";")
        try:
            weights[name.strip()] = float(parameter.partition("=")[2] or 1)
        except ValueError:
            weights[name.strip()] = 0
    acceptable = [coding for coding in ("gzip", "deflate") if weights.get(coding, 0) > 0]
    return max(acceptable, key=lambda coding: weights[coding], default=None)
