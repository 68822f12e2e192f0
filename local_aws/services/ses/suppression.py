"""The account-level suppression list: addresses that SES accepts mails to, and sends none.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
Kept beside the account's details, in what MiniStack saves of SES. Addresses are compared without case.
"""

import time
from typing import Any

from ministack.services import ses, ses_v2

REASONS = ("BOUNCE", "COMPLAINT")
_ENTRIES, _ACCOUNT_REASONS = "suppressed destinations", "suppressed reasons"


def entries() -> dict[str, dict[str, Any]]:
    """The list of the current account and region, by address in lower case."""
    found: dict[str, dict[str, Any]] | None = ses._account_details.get(_ENTRIES)
    return found if found is not None else {}


def put(address: str, reason: str, attributes: dict[str, str] | None = None) -> None:
    """Add an address, or change why it is there."""
    entry: dict[str, Any] = {"EmailAddress": address, "Reason": reason, "LastUpdateTime": time.time()}
    if attributes:
        entry["Attributes"] = attributes
    # A new mapping, for one that others may be reading.
    ses._account_details[_ENTRIES] = {**entries(), address.lower(): entry}


def remove(address: str) -> bool:
    """Take an address off; False when it was not there."""
    left = {**entries()}
    found = left.pop(address.lower(), None)
    ses._account_details[_ENTRIES] = left
    return found is not None


def account_reasons() -> list[str]:
    """What adds an address, and holds mails back, in this account; both, as for every account since 2019-11-25."""
    found: list[str] | None = ses._account_details.get(_ACCOUNT_REASONS)
    return list(REASONS) if found is None else found


def set_account_reasons(reasons: list[str]) -> None:
    """Choose them."""
    ses._account_details[_ACCOUNT_REASONS] = reasons


def reasons(configuration_set: str) -> list[str]:
    """What counts for mails with this configuration set, which may override the account."""
    options = (ses_v2._config_sets.get(configuration_set) or {}).get("SuppressionOptions") or {}
    found: list[str] | None = options.get("SuppressedReasons")
    return account_reasons() if found is None else found


def why_suppressed(address: str, configuration_set: str) -> str | None:
    """BOUNCE or COMPLAINT for an address that gets no mail."""
    entry = entries().get(address.lower())
    if entry is None or entry["Reason"] not in reasons(configuration_set):
        return None
    return str(entry["Reason"])
