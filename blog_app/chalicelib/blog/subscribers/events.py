"""What SES tells of mails that came back.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import msgspec


class _Recipient(msgspec.Struct, rename="camel"):
    email_address: str


class _Bounce(msgspec.Struct, rename="camel"):
    bounce_type: str
    bounced_recipients: list[_Recipient]


class _Complaint(msgspec.Struct, rename="camel"):
    complained_recipients: list[_Recipient]


class _Event(msgspec.Struct, rename="camel"):
    event_type: str
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


_decoder = msgspec.json.Decoder(_Event)


def unwelcome_at(message: str) -> list[str]:
    """Return the addresses that a message says to write to no more: bounced for good, or complaining.

    A message that is no event, such as SES's first to a new topic, names none.
    """
    try:
        event = _decoder.decode(message)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return []
    if event.bounce and event.bounce.bounce_type == "Permanent":
        return [recipient.email_address for recipient in event.bounce.bounced_recipients]
    return [recipient.email_address for recipient in event.complaint.complained_recipients] if event.complaint else []
