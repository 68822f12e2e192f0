"""Headers that a call adds to its mail, such as List-Unsubscribe and List-Unsubscribe-Post (RFC 8058).

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html and
https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
"""

from collections import Counter
from typing import Any

from local_aws.services.ses.message import Headers
from local_aws.services.ses.refusals import bad_request

_MOST, _LONGEST_NAME, _LONGEST_VALUE = 15, 126, 870
# What SES writes itself.
_OF_SES = frozenset(
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


def custom_headers(given: Any) -> Headers:
    """The headers of a call, as they are sent; a line break would start another header and is refused.

    Raises
    ------
    Refusal
        One that SES does not take.
    """
    found = [(str(each.get("Name") or ""), str(each.get("Value") or "")) for each in given or ()]
    if len(found) > _MOST:
        raise bad_request(f"The number of headers must not exceed {_MOST}.")
    for name, value in found:
        _check(name, value)
    counts = Counter(name.lower() for name, _ in found)
    repeated = [name for name, count in counts.items() if count > 1 and name in _ONCE]
    if repeated:
        raise bad_request(f"Duplicate header '{repeated[0]}'.")
    return found


def _check(name: str, value: str) -> None:
    if not 0 < len(name) <= _LONGEST_NAME or not all("!" <= letter <= "~" and letter != ":" for letter in name):
        raise bad_request(f"Invalid header name: {name!r}")
    if not 0 < len(value) <= _LONGEST_VALUE or not all(" " <= letter <= "~" for letter in value):
        raise bad_request(f"Invalid value of header {name}")
    if name.lower() in _OF_SES:
        raise bad_request(f"Header {name} is not allowed")
