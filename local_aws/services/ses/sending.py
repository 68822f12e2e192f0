"""SES v2's SendEmail with simple content.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from typing import Any

from ministack.services import ses_v2

from local_aws.services.ses import identities
from local_aws.services.ses.call_tags import message_tags
from local_aws.services.ses.custom_headers import custom_headers
from local_aws.services.ses.dispatch import dispatch
from local_aws.services.ses.limits import check_addresses, check_recipients, check_size
from local_aws.services.ses.message import Message, envelope_headers
from local_aws.services.ses.refusals import Refusal, bad_request, not_found

Json = dict[str, Any]


def send_email(call: Json) -> Json:
    """Answer one SendEmail.

    Raises
    ------
    Refusal
        SES does not take it.
    """
    content = call.get("Content") or {}
    if content.get("Raw") or content.get("Template"):
        raise bad_request("Content.Raw and Content.Template are not supported by the embedded AWS.")
    if call.get("ListManagementOptions"):
        raise not_found(f"List with name: {call['ListManagementOptions'].get('ContactListName')} doesn't exist.")
    message = _message(content.get("Simple") or {}, call)
    dispatch(message, _checked(message))
    return {"MessageId": message.id}


def _message(simple: Json, call: Json) -> Message:
    subject, text, html = _text_parts(simple)
    destination = call.get("Destination") or {}
    message = Message(
        source=call.get("FromEmailAddress") or "",
        to=list(destination.get("ToAddresses") or ()),
        cc=list(destination.get("CcAddresses") or ()),
        bcc=list(destination.get("BccAddresses") or ()),
        reply_to=list(call.get("ReplyToAddresses") or ()),
        subject=subject,
        text=text,
        html=html,
        tags=message_tags(call.get("EmailTags")),
        configuration_set=call.get("ConfigurationSetName") or "",
    )
    message.headers = [*envelope_headers(message), *custom_headers(simple.get("Headers"))]
    check_size(message)
    return message


def _text_parts(simple: Json) -> tuple[str, str, str]:
    """The subject, the text and the HTML of simple content."""
    if simple.get("Attachments"):
        raise bad_request("Content.Simple.Attachments is not supported by the embedded AWS.")
    body = simple.get("Body") or {}
    subject = (simple.get("Subject") or {}).get("Data")
    if subject is None or not (body.get("Text") or body.get("Html")):
        raise bad_request("Simple content must have a subject, and a body as text or HTML.")
    if not subject.isprintable():
        raise bad_request("The subject contains control characters.")
    text, html = ((body.get(form) or {}).get("Data") or "" for form in ("Text", "Html"))
    return subject, text, html


def _checked(message: Message) -> str:
    """Check sender, recipients and configuration set; the sender's identity."""
    given = (*message.to, *message.cc, *message.bcc)
    if not given:
        raise bad_request("At least one recipient is required.")
    check_recipients(given)
    check_addresses([*message.reply_to, message.source])
    identity = identities.verified(message.source)
    message.configuration_set = message.configuration_set or identities.default_configuration_set(identity)
    _check_configuration_set(message.configuration_set)
    return identity


def _check_configuration_set(name: str) -> None:
    if not name:
        return
    found = ses_v2._config_sets.get(name)
    if found is None:
        raise not_found(f"Configuration set <{name}> does not exist.")
    if not (found.get("SendingOptions") or {"SendingEnabled": True})["SendingEnabled"]:
        raise Refusal("SendingPausedException", f"Sending is paused for configuration set <{name}>.")
