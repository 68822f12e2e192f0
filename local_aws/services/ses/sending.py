"""Implements SES v2's SendEmail for simple content.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from typing import Any

from ministack.services import ses_v2

from local_aws.services.ses import identities
from local_aws.services.ses.custom_headers import custom_headers
from local_aws.services.ses.dispatch import dispatch
from local_aws.services.ses.email_tags import message_tags
from local_aws.services.ses.errors import SesError, bad_request, not_found
from local_aws.services.ses.limits import check_addresses, check_recipients, check_size
from local_aws.services.ses.message import Message, envelope_headers

Json = dict[str, Any]


def send_email(request: Json) -> Json:
    """Answer one SendEmail.

    Raises
    ------
    SesError
        SES does not accept the request.
    """
    content = request.get("Content") or {}
    if content.get("Raw") or content.get("Template"):
        raise bad_request("Content.Raw and Content.Template are not supported by the embedded AWS.")
    if request.get("ListManagementOptions"):
        raise not_found(f"List with name: {request['ListManagementOptions'].get('ContactListName')} doesn't exist.")
    message = _message(content.get("Simple") or {}, request)
    dispatch(message, _check_message(message))
    return {"MessageId": message.id}


def _message(simple: Json, request: Json) -> Message:
    subject, text, html = _text_parts(simple)
    destination = request.get("Destination") or {}
    message = Message(
        source=request.get("FromEmailAddress") or "",
        to=list(destination.get("ToAddresses") or ()),
        cc=list(destination.get("CcAddresses") or ()),
        bcc=list(destination.get("BccAddresses") or ()),
        reply_to=list(request.get("ReplyToAddresses") or ()),
        subject=subject,
        text=text,
        html=html,
        tags=message_tags(request.get("EmailTags")),
        configuration_set=request.get("ConfigurationSetName") or "",
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


def _check_message(message: Message) -> str:
    """Check sender, recipients and configuration set; returns the sender's identity."""
    recipients = (*message.to, *message.cc, *message.bcc)
    if not recipients:
        raise bad_request("At least one recipient is required.")
    check_recipients(recipients)
    check_addresses([*message.reply_to, message.source])
    identity = identities.verified_identity(message.source)
    message.configuration_set = message.configuration_set or identities.default_configuration_set(identity)
    _check_configuration_set(message.configuration_set)
    return identity


def _check_configuration_set(name: str) -> None:
    if not name:
        return
    configuration_set = ses_v2._config_sets.get(name)
    if configuration_set is None:
        raise not_found(f"Configuration set <{name}> does not exist.")
    if not (configuration_set.get("SendingOptions") or {"SendingEnabled": True})["SendingEnabled"]:
        raise SesError("SendingPausedException", f"Sending is paused for configuration set <{name}>.")
