"""Determines the events of a mail to one recipient.

The mailbox simulator's addresses behave as documented, labels included (`bounce+anything@...`):
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html. Mail to a domain below
`.invalid`, which RFC 2606 reserves, has a permanent bounce, as on AWS. Mail to all other addresses is delivered.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_SIMULATOR = "simulator.amazonses.com"
_REPORTING_MTA = "a8-70.smtp-out.amazonses.com"
_GLOBAL_LIST = "Amazon SES has suppressed sending to this address because it has a recent history of bouncing"


@dataclass(frozen=True)
class Outcome:
    """One event of one recipient: Delivery, Bounce or Complaint."""

    event_type: str
    recipient: str
    detail: dict[str, Any]
    was_delivered: bool

    @property
    def reason(self) -> str:
        """Why the mail was not delivered, for the mailbox."""
        return str(self.detail["bouncedRecipients"][0]["diagnosticCode"])


def outcomes(recipient: str) -> list[Outcome]:
    """The events of a mail to this address, in order."""
    local, _, domain = recipient.rpartition("@")
    if domain.lower() == _SIMULATOR:
        return _simulated(recipient, local.lower().partition("+")[0])
    if domain.lower().rpartition(".")[2] == "invalid":
        return [_bounce(recipient, "General", "smtp; 550 5.4.4 Invalid domain", "5.4.4")]
    return [_delivery(recipient)]


def _simulated(recipient: str, local: str) -> list[Outcome]:
    if local == "bounce":
        return [_bounce(recipient, "General", "smtp; 550 5.1.1 user unknown")]
    if local == "suppressionlist":
        return [_bounce(recipient, "Suppressed", _GLOBAL_LIST)]
    if local == "complaint":
        return [_delivery(recipient), _complaint(recipient)]
    # success@ and ooto@. The automatic reply of ooto@ goes to a mailbox and is no event.
    return [_delivery(recipient)]


def _delivery(recipient: str) -> Outcome:
    detail = {
        "timestamp": now(),
        "processingTimeMillis": 1,
        "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": _REPORTING_MTA,
    }
    return Outcome("Delivery", recipient, detail, True)


def _bounce(recipient: str, sub_type: str, reason: str, status: str = "5.1.1") -> Outcome:
    bounced = {"emailAddress": recipient, "action": "failed", "status": status, "diagnosticCode": reason}
    detail = {
        "feedbackId": _feedback_id(),
        "bounceType": "Permanent",
        "bounceSubType": sub_type,
        "bouncedRecipients": [bounced],
        "timestamp": now(),
        "reportingMTA": f"dns; {_REPORTING_MTA}",
    }
    return Outcome("Bounce", recipient, detail, False)


def _complaint(recipient: str) -> Outcome:
    detail = {
        "feedbackId": _feedback_id(),
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": now(),
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": now(),
    }
    return Outcome("Complaint", recipient, detail, was_delivered=True)


def _feedback_id() -> str:
    return f"0100{uuid.uuid4().hex[:12]}-{uuid.uuid4()}-000000"


def now() -> str:
    """The current time in SES's format."""
    return format_time(datetime.now(UTC).timestamp())


def format_time(seconds: float) -> str:
    """A time in SES's format: 2026-01-31T12:00:00.000Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
