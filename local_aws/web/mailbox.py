"""Every mail that the embedded AWS would have sent: SES's own and Cognito's, newest first."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from local_aws.extension import Hook

HOOKS = (Hook("ministack.services.ses:_sent_emails", "type:AccountRegionScopedDict"),)


@dataclass(frozen=True)
class Mail:
    """One sent mail, as a reader needs it."""

    id: str
    sent: str
    sender: str
    to: list[str]
    cc: list[str]
    subject: str
    text: str
    html: str
    kind: str

    def is_for(self, address: str) -> bool:
        """Whether `address` is among the recipients (mail addresses are compared without case)."""
        return address.lower() in (recipient.lower() for recipient in (*self.to, *self.cc))

    def as_json(self) -> dict[str, Any]:
        """The mail as `/mailbox.json` gives it."""
        return asdict(self)


def mails(address: str | None = None) -> list[Mail]:
    """The mails to `address`, or all of them, newest first."""
    from ministack.services import ses  # noqa: PLC0415 - after the environment is prepared

    records = [
        record for key, entries in ses._sent_emails.to_dict().items() if key[-1] == "entries" for record in entries
    ]
    found = [_mail(record) for record in sorted(records, key=lambda record: record["Timestamp"], reverse=True)]
    return found if address is None else [mail for mail in found if mail.is_for(address)]


def _mail(record: dict[str, Any]) -> Mail:
    return Mail(
        id=record["MessageId"],
        sent=datetime.fromtimestamp(record["Timestamp"], UTC).isoformat(timespec="milliseconds"),
        sender=record["Source"] or "",
        to=list(record.get("To") or ()),
        cc=[*(record.get("CC") or ()), *(record.get("BCC") or ())],
        subject=record.get("RenderedSubject") or record.get("Subject") or "",
        text=record.get("RenderedBodyText") or record.get("BodyText") or "",
        html=record.get("RenderedBodyHtml") or record.get("BodyHtml") or "",
        kind=record["Type"],
    )
