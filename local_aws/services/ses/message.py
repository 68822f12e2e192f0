"""A mail that SES has accepted: sender, recipients and content."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from local_aws.services.ses.addresses import mailbox_of

Headers = list[tuple[str, str]]


@dataclass
class Message:
    """A mail that SES has accepted."""

    source: str
    to: list[str]
    cc: list[str] = field(default_factory=list)
    bcc: list[str] = field(default_factory=list)
    reply_to: list[str] = field(default_factory=list)
    subject: str = ""
    text: str = ""
    html: str = ""
    headers: Headers = field(default_factory=list)
    tags: dict[str, list[str]] = field(default_factory=dict)
    configuration_set: str = ""
    id: str = field(default_factory=lambda: new_id())
    sent: float = field(default_factory=time.time)

    @property
    def recipients(self) -> list[str]:
        """The distinct addresses of the recipients, without display names."""
        return list(dict.fromkeys(mailbox_of(text) for text in (*self.to, *self.cc, *self.bcc)))

    def record(self, undelivered: dict[str, str]) -> dict[str, Any]:
        """MiniStack's record of a sent mail, with the mailbox's fields; `undelivered` has the reasons by address."""
        return {
            "MessageId": self.id,
            "Source": self.source,
            "To": self.to,
            "CC": self.cc,
            "BCC": self.bcc,
            "Subject": self.subject,
            "BodyText": self.text,
            "BodyHtml": self.html,
            "Timestamp": self.sent,
            "Type": "v2.SendEmail",
            "ConfigurationSetName": self.configuration_set,
            "ReplyTo": self.reply_to,
            "Headers": [list(header) for header in self.headers],
            "Tags": self.tags,
            "Undelivered": undelivered,
        }


def new_id() -> str:
    """Make a message id in SES's format: 16 hexadecimal digits, a UUID, 000000."""
    return f"0100{int(time.time() * 1000):012x}-{uuid.uuid4()}-000000"


def envelope_headers(message: Message) -> Headers:
    """The headers that SES writes from a request's fields; Bcc has no header."""
    headers = [
        ("From", message.source),
        ("Reply-To", ", ".join(message.reply_to)),
        ("To", ", ".join(message.to)),
        ("Cc", ", ".join(message.cc)),
        ("Subject", message.subject),
    ]
    return [*(header for header in headers if header[1]), ("MIME-Version", "1.0")]
