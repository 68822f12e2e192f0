"""Parses mail addresses as SES does: 7-bit ASCII, `a@example.com` or `Name <a@example.com>`.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
"""

import re
from dataclasses import dataclass

from local_aws.services.ses.errors import bad_request

# RFC 5321 section 4.5.3.1; 320 is SES's own limit.
_MAX_LOCAL, _MAX_DOMAIN, _MAX_LENGTH = 64, 255, 320
_FORM = re.compile(r'(?P<name>"(?:[^"\\]|\\.)*"\s*|[^<>@,;:"]*)<(?P<named>[^<>]+)>\s*|(?P<bare>[^<>]+)')
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class Address:
    """One address with its display name."""

    name: str
    local: str
    domain: str

    @property
    def mailbox(self) -> str:
        """`a@example.com`."""
        return f"{self.local}@{self.domain}"


def parse_address(text: str) -> Address:
    """Parse one address.

    Raises
    ------
    SesError
        The text is not exactly one address, or SES does not accept it.
    """
    if len(text) > _MAX_LENGTH:
        raise bad_request("Address length is more than the maximum")
    match = _FORM.fullmatch(text.lstrip()) if text.isascii() else None
    mailbox = (match["named"] or match["bare"]) if match else ""
    local, _, domain = mailbox.rpartition("@")
    if match is None or not local or not domain:
        raise bad_request("Missing final '@domain'")
    if not text.isprintable() or not _LOCAL.fullmatch(local):
        raise bad_request("Local address contains control or whitespace")
    if not _DOMAIN.fullmatch(domain):
        raise bad_request("Domain contains illegal character")
    if len(local) > _MAX_LOCAL or len(domain) > _MAX_DOMAIN:
        raise bad_request("Address length is more than the maximum")
    name = re.sub(r"\\(.)", r"\1", (match["name"] or "").strip().strip('"'))
    return Address(name, local, domain)


def mailbox_of(text: str) -> str:
    """The address without the display name; the text itself if it has no address in angle brackets."""
    match = re.search(r"<([^<>]+)>\s*$", text)
    return (match[1] if match else text).strip()
