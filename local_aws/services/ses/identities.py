"""Finds verified identities: an address, or a domain with its subdomains."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import ses_v2

from local_aws.services.ses.addresses import mailbox_of
from local_aws.services.ses.errors import SesError


def identity_of(source: str) -> str | None:
    """The verified identity of a sender: the address itself, or its nearest verified domain."""
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


def verified_identity(source: str) -> str:
    """The verified identity of a sender.

    Raises
    ------
    SesError
        The sender has no verified identity.
    """
    identity = identity_of(source)
    if identity is None:
        why = "Email address is not verified. The following identities failed the check in region"
        raise SesError("MessageRejected", f"{why} {get_region().upper()}: {mailbox_of(source)}")
    return identity


def identity_arn(identity: str) -> str:
    """The ARN of an identity of this account and region."""
    return f"arn:aws:ses:{get_region()}:{get_account_id()}:identity/{identity}"


def default_configuration_set(identity: str) -> str:
    """The identity's configuration set for mails that name none."""
    record = ses_v2._identities.get(identity) or {}
    return str(record.get("ConfigurationSetName") or "")


def _is_verified(name: str) -> bool:
    return bool((ses_v2._identities.get(name) or {}).get("VerifiedForSendingStatus"))
