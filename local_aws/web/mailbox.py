"""Lists the mails that SES and Cognito have sent in the embedded AWS."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any


@dataclass(frozen=True)
class Mail:
    """One sent mail; `undelivered` has the reasons by address."""

    id: str
    sent: str
    sender: str
    to: list[str]
    cc: list[str]
    subject: str
    text: str
    html: str
    kind: str
    headers: list[dict[str, str]] = field(default_factory=list)
    tags: dict[str, list[str]] = field(default_factory=dict)
    configuration_set: str = ""
    undelivered: dict[str, str] = field(default_factory=dict)

    def is_for(self, address: str) -> bool:
        """Whether the mail was delivered to `address`; case and display names are ignored."""
        arrived = (bare for bare in map(_bare, (*self.to, *self.cc)) if bare not in self._missed)
        return _bare(address) in arrived

    @property
    def _missed(self) -> set[str]:
        return {_bare(address) for address in self.undelivered}

    def as_json(self) -> dict[str, Any]:
        """The mail as it is in `/mailbox.json`."""
        return asdict(self)


def mails(address: str | None = None) -> list[Mail]:
    """The mails that were delivered to `address`, or all sent mails, newest first."""
    from ministack.services import ses  # noqa: PLC0415 - after the environment is prepared

    records = [
        record for key, entries in ses._sent_emails.to_dict().items() if key[-1] == "entries" for record in entries
    ]
    newest_first = [_mail(record) for record in sorted(records, key=lambda record: record["Timestamp"], reverse=True)]
    return newest_first if address is None else [mail for mail in newest_first if mail.is_for(address)]


def _readable(address: str) -> str:
    """Decode the display name in an address (RFC 2047); an invalid one is unchanged."""
    try:
        return str(make_header(decode_header(address)))
    except (ValueError, LookupError, MessageError):
        return address


def _bare(address: str) -> str:
    return (parseaddr(address)[1] or address).lower()


def _mail(record: dict[str, Any]) -> Mail:
    return Mail(
        id=record["MessageId"],
        sent=datetime.fromtimestamp(record["Timestamp"], UTC).isoformat(timespec="milliseconds"),
        sender=_readable(record["Source"] or ""),
        to=[_readable(address) for address in record.get("To") or ()],
        cc=[_readable(address) for address in (*(record.get("CC") or ()), *(record.get("BCC") or ()))],
        subject=record.get("Subject") or "",
        text=record.get("BodyText") or "",
        html=record.get("BodyHtml") or "",
        kind=record["Type"],
        headers=[{"name": name, "value": value} for name, value in record.get("Headers") or ()],
        tags=dict(record.get("Tags") or {}),
        configuration_set=record.get("ConfigurationSetName") or "",
        undelivered=dict(record.get("Undelivered") or {}),
    )
