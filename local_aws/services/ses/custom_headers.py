"""Reads the headers that a request adds to its mail, such as List-Unsubscribe and List-Unsubscribe-Post (RFC 8058).

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html and
https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
"""

from collections import Counter
from typing import Any

from local_aws.services.ses.errors import bad_request
from local_aws.services.ses.message import Headers

_MAX_HEADERS, _MAX_NAME, _MAX_VALUE = 15, 126, 870
# SES writes these headers itself.
_RESERVED = frozenset(
    {
        *("bcc", "cc", "from", "reply-to", "return-path", "subject", "to"),
        *("content-disposition", "content-type", "date", "message-id", "mime-version"),
    }
)
_ONCE = frozenset(
    {
        *("list-archive", "list-help", "list-id", "list-owner", "list-post", "list-subscribe", "list-unsubscribe"),
        *("list-unsubscribe-post", "auto-submitted", "in-reply-to", "precedence", "references", "sender"),
    }
)


def custom_headers(headers: Any) -> Headers:
    """Read a request's headers. A line break, which would start another header, is refused.

    Raises
    ------
    SesError
        SES does not accept a header.
    """
    pairs = [(str(header.get("Name") or ""), str(header.get("Value") or "")) for header in headers or ()]
    if len(pairs) > _MAX_HEADERS:
        raise bad_request(f"The number of headers must not exceed {_MAX_HEADERS}.")
    for name, value in pairs:
        _check(name, value)
    counts = Counter(name.lower() for name, _ in pairs)
    repeated = [name for name, count in counts.items() if count > 1 and name in _ONCE]
    if repeated:
        raise bad_request(f"Duplicate header '{repeated[0]}'.")
    return pairs


def _check(name: str, value: str) -> None:
    if not 0 < len(name) <= _MAX_NAME or not all("!" <= letter <= "~" and letter != ":" for letter in name):
        raise bad_request(f"Invalid header name: {name!r}")
    if not 0 < len(value) <= _MAX_VALUE or not all(" " <= letter <= "~" for letter in value):
        raise bad_request(f"Invalid value of header {name}")
    if name.lower() in _RESERVED:
        raise bad_request(f"Header {name} is not allowed")
