"""Verified identities: an address, or a domain with all below it."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import ses_v2

from local_aws.services.ses.addresses import mailbox_of
from local_aws.services.ses.refusals import Refusal


def identity_of(source: str) -> str | None:
    """The name of the identity that a sender is verified by: the address itself, or its nearest verified domain."""
    mailbox = mailbox_of(source)
    if _is_verified(mailbox):
        return mailbox
    domains = {name.lower(): name for name in ses_v2._identities if "@" not in name}
    labels = mailbox.rpartition("@")[2].lower().split(".")
    for start in range(len(labels) - 1):
        name: str | None = domains.get(".".join(labels[start:]))
        if name is not None and _is_verified(name):
            return name
    return None


def verified(source: str) -> str:
    """The name of a sender's identity.

    Raises
    ------
    Refusal
        There is none.
    """
    found = identity_of(source)
    if found is None:
        why = "Email address is not verified. The following identities failed the check in region"
        raise Refusal("MessageRejected", f"{why} {get_region().upper()}: {mailbox_of(source)}")
    return found


def identity_arn(identity: str) -> str:
    """The ARN of an identity of this account and region."""
    return f"arn:aws:ses:{get_region()}:{get_account_id()}:identity/{identity}"


def default_configuration_set(identity: str) -> str:
    """The configuration set of mails that name none."""
    record = ses_v2._identities.get(identity) or {}
    return str(record.get("ConfigurationSetName") or "")


def _is_verified(name: str) -> bool:
    return bool((ses_v2._identities.get(name) or {}).get("VerifiedForSendingStatus"))
