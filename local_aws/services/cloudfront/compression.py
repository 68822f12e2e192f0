"""Compresses responses at the edge and changes their headers accordingly.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
"""

import asyncio
import gzip
from typing import Any

from local_aws.services.cloudfront.cache_control import joined

_SMALLEST, _LARGEST = 1_000, 10_000_000
_STATUSES = {200, 403, 404}
# Larger bodies are compressed in a thread, so that other requests do not wait.
_INLINE_BYTES = 32_768
_APPLICATION = """dash+xml eot font font-sfnt javascript json opentype otf pdf pkcs7-mime protobuf rss+xml truetype ttf
vnd.apple.mpegurl vnd.mapbox-vector-tile vnd.ms-fontobject wasm xhtml+xml xml x-font-opentype x-font-truetype x-font-ttf
x-httpd-cgi x-javascript x-mpegurl x-opentype x-otf x-perl x-ttf"""
_TEXT = "css csv html javascript js plain richtext tab-separated-values xml x-component x-java-source x-script"
_TYPES = {
    *(f"application/{name}" for name in _APPLICATION.split()),
    *(f"text/{name}" for name in _TEXT.split()),
    *(f"font/{name}" for name in ("eot", "opentype", "otf", "ttf")),
    "image/svg+xml",
    "vnd.apple.mpegurl",
}


def is_compressible(status: int, headers: dict[str, Any], body: bytes) -> bool:
    """Whether CloudFront compresses this response for a viewer that accepts gzip."""
    media_type = str(headers.get("content-type") or "").partition(";")[0].strip().lower()
    return (
        status in _STATUSES
        and media_type in _TYPES
        and _SMALLEST <= len(body) <= _LARGEST
        and "content-encoding" not in headers
    )


async def compressed(headers: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Compress with gzip. A strong ETag becomes weak, because it identifies the uncompressed bytes."""
    content = _gzip(body) if len(body) <= _INLINE_BYTES else await asyncio.to_thread(_gzip, body)
    changed = headers | {"content-encoding": "gzip", "content-length": str(len(content)), "vary": _vary(headers)}
    tag = str(changed.pop("etag", ""))
    if tag.startswith(('"', "W/")):
        changed["etag"] = tag if tag.startswith("W/") else f"W/{tag}"
    return changed, content


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


def _vary(headers: dict[str, Any]) -> str:
    names = joined(headers.get("vary"))
    if "accept-encoding" in names.lower():
        return names
    return f"{names}, Accept-Encoding" if names else "Accept-Encoding"
