"""Mail addresses as SES takes them: 7-bit ASCII, `a@example.com` or `Name <a@example.com>`.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
"""

import re
from dataclasses import dataclass

from local_aws.services.ses.refusals import bad_request

# RFC 5321 section 4.5.3.1; 320 is SES's own limit.
_MOST_LOCAL, _MOST_DOMAIN, _MOST = 64, 255, 320
_FORM = re.compile(r'(?P<name>"(?:[^"\\]|\\.)*"\s*|[^<>@,;:"]*)<(?P<named>[^<>]+)>\s*|(?P<bare>[^<>]+)')
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class Address:
    """One address with the name that is shown for it."""

    name: str
    local: str
    domain: str

    @property
    def mailbox(self) -> str:
        """`a@example.com`."""
        return f"{self.local}@{self.domain}"


def parsed(text: str) -> Address:
    """One address.

    Raises
    ------
    Refusal
        It is not exactly one address, or not one that SES takes.
    """
    if len(text) > _MOST:
        raise bad_request("Address length is more than the maximum")
    found = _FORM.fullmatch(text.lstrip()) if text.isascii() else None
    mailbox = (found["named"] or found["bare"]) if found else ""
    local, _, domain = mailbox.rpartition("@")
    if found is None or not local or not domain:
        raise bad_request("Missing final '@domain'")
    if not text.isprintable() or not _LOCAL.fullmatch(local):
        raise bad_request("Local address contains control or whitespace")
    if not _DOMAIN.fullmatch(domain):
        raise bad_request("Domain contains illegal character")
    if len(local) > _MOST_LOCAL or len(domain) > _MOST_DOMAIN:
        raise bad_request("Address length is more than the maximum")
    name = re.sub(r"\\(.)", r"\1", (found["name"] or "").strip().strip('"'))
    return Address(name, local, domain)


def mailbox_of(text: str) -> str:
    """The bare address in a text that was taken before; the text itself where it has none."""
    found = re.search(r"<([^<>]+)>\s*$", text)
    return (found[1] if found else text).strip()
