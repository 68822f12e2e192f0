"""Who a mail may go to, whatever the call.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""

from collections.abc import Iterable, Sequence

from local_aws.services.ses import addresses
from local_aws.services.ses.refusals import bad_request

_MOST_RECIPIENTS = 50


def check_recipients(texts: Sequence[str]) -> None:
    """Refuse more than 50 recipients, and what is no address."""
    if len(texts) > _MOST_RECIPIENTS:
        raise bad_request(f"Recipient count exceeds {_MOST_RECIPIENTS}.")
    check_addresses(texts)


def check_addresses(texts: Iterable[str]) -> None:
    """Refuse what is no address."""
    for text in texts:
        addresses.parsed(text)
