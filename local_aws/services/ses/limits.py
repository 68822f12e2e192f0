"""Checks the number of recipients and the size of a mail.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""

from collections.abc import Iterable, Sequence

from local_aws.services.ses import addresses
from local_aws.services.ses.errors import bad_request
from local_aws.services.ses.message import Message

_MOST_RECIPIENTS = 50
# 40 MB after encoding.
_MOST_BYTES = 40 * 1024 * 1024


def check_recipients(texts: Sequence[str]) -> None:
    """Refuse more than 50 recipients, and invalid addresses."""
    if len(texts) > _MOST_RECIPIENTS:
        raise bad_request(f"Recipient count exceeds {_MOST_RECIPIENTS}.")
    check_addresses(texts)


def check_addresses(texts: Iterable[str]) -> None:
    """Refuse invalid addresses."""
    for text in texts:
        addresses.parse_address(text)


def check_size(message: Message) -> None:
    """Refuse a message of more than 40 MB on the wire, its contents in base64."""
    contents = sum(len(content.encode()) * 4 // 3 for content in (message.text, message.html))
    length = contents + sum(len(name) + len(value) for name, value in message.headers)
    if length > _MOST_BYTES:
        raise bad_request(f"Message length is more than {_MOST_BYTES} bytes long: '{length}'.")
