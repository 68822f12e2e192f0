"""Reads from a response's headers how long it is fresh, and how long it may be served stale.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html and, for errors,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html and
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_DIRECTIVE = re.compile(r'([A-Za-z-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,"]+)))?')
_MAX_SECONDS = 100 * 365 * 86_400
_MOST_DIGITS = 20
_UNCACHED = ("no-store", "no-cache", "private")
_ALWAYS_CACHED_ERRORS = {404, 414, 500, 501, 502, 503, 504}
# Other errors are cached whatever `no-store`, `no-cache` and `private` say.
_ERRORS_UNCACHED_WHEN_TOLD = {404, 410, 414, 501}
_ERRORS_CACHED_WHEN_TOLD = {400, 403, 405, 412, 415}
DEFAULT_ERROR_SECONDS = 10


@dataclass(frozen=True)
class CacheTtl:
    """The TTLs of a cache policy, in seconds."""

    least: int
    default: int
    most: int


@dataclass(frozen=True)
class Freshness:
    """How long a response is fresh and may then be served stale; `stale_if_error` is None if the origin sets none."""

    is_storable: bool
    seconds: float = 0
    stale_while_revalidate: float = 0
    stale_if_error: float | None = None


def directives(headers: dict[str, Any]) -> dict[str, str | None]:
    """The directives of Cache-Control, by lower-case name."""
    text = joined(headers.get("cache-control"))
    return {name.lower(): quoted or plain or None for name, quoted, plain in _DIRECTIVE.findall(text)}


def freshness(headers: dict[str, Any], ttl: CacheTtl) -> Freshness:
    """Compute a response's freshness from the origin's headers and the cache policy's TTLs."""
    said = directives(headers)
    if_error = _seconds(said, "stale-if-error")
    if _is_uncached(said):
        return Freshness(ttl.least > 0, ttl.least, 0, if_error)
    return Freshness(
        True,
        _lifetime(headers, said, ttl),
        min(_seconds(said, "stale-while-revalidate") or 0, ttl.most),
        None if if_error is None else min(if_error, ttl.most),
    )


def _is_uncached(said: dict[str, str | None]) -> bool:
    # With a field name, as in `no-cache="Set-Cookie"`, no-cache and private apply to that field only.
    return any(name in said and said[name] is None for name in _UNCACHED)


def _lifetime(headers: dict[str, Any], said: dict[str, str | None], ttl: CacheTtl) -> float:
    wanted = _origin_lifetime(headers, said)
    return max(ttl.least, ttl.default) if wanted is None else max(ttl.least, min(wanted, ttl.most))


def error_seconds(status: int, headers: dict[str, Any], least: int | None, most: int) -> float:
    """The seconds for which an error is cached; 0 if it is not.

    `least` is the error's ErrorCachingMinTTL, if one is set. The origin may set a longer time, up to `most`, the cache
    behavior's maximum TTL.
    """
    said = directives(headers)
    is_kept = status in _ALWAYS_CACHED_ERRORS or (status in _ERRORS_CACHED_WHEN_TOLD and _max_age(said) is not None)
    if not is_kept or (status in _ERRORS_UNCACHED_WHEN_TOLD and _is_uncached(said)):
        return 0
    return max(DEFAULT_ERROR_SECONDS if least is None else least, min(_origin_lifetime(headers, said) or 0, most))


def _origin_lifetime(headers: dict[str, Any], said: dict[str, str | None]) -> float | None:
    """The origin's lifetime: max-age, or else Expires."""
    max_age = _max_age(said)
    return _until_expires(headers) if max_age is None else max_age


def _max_age(said: dict[str, str | None]) -> float | None:
    shared = _seconds(said, "s-maxage")
    return _seconds(said, "max-age") if shared is None else shared


def _seconds(said: dict[str, str | None], name: str) -> float | None:
    value = said.get(name) or ""
    return float(min(whole(value), _MAX_SECONDS)) if value.isascii() and value.isdigit() else None


def whole(digits: str) -> int:
    """Read a number of a header. Python parses at most 4,300 digits; twenty exceed every size and time."""
    return int(digits.lstrip("0")[:_MOST_DIGITS] or 0)


def _until_expires(headers: dict[str, Any]) -> float | None:
    value = joined(headers.get("expires")).strip()
    if not value:
        return None
    expires = http_date(value)
    # RFC 9111 section 5.3: an invalid date, such as 0, is in the past.
    return max(0.0, (expires - datetime.now(UTC)).total_seconds()) if expires else 0.0


def http_date(value: str) -> datetime | None:
    """Parse the date of an HTTP header; None if it is invalid."""
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def joined(value: Any) -> str:
    """A header's value as one line, or an empty string."""
    return ", ".join(value) if isinstance(value, list) else value or ""
