"""SES v2's SendEmail and SendBulkEmail.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html
"""

import base64
import binascii
import json
from dataclasses import replace
from typing import Any

from ministack.services import ses_v2

from local_aws.services.ses import identities, mime, templates
from local_aws.services.ses.call_tags import message_tags
from local_aws.services.ses.custom_headers import custom_headers
from local_aws.services.ses.dispatch import dispatch, fail_rendering
from local_aws.services.ses.limits import check_addresses, check_recipients
from local_aws.services.ses.message import Message, envelope_headers
from local_aws.services.ses.refusals import Refusal, bad_request, not_found

_MOST_DESTINATIONS = 50
_KINDS = ("Simple", "Raw", "Template")
# As a bulk call names in each entry's result what SendEmail answers as an error.
_STATUSES = {
    "MessageRejected": "MESSAGE_REJECTED",
    "NotFoundException": "TEMPLATE_NOT_FOUND",
    "BadRequestException": "INVALID_PARAMETER",
}
Json = dict[str, Any]


def send_email(call: Json) -> Json:
    """Answer one SendEmail.

    Raises
    ------
    Refusal
        SES does not take it.
    """
    content = call.get("Content") or {}
    kinds = [kind for kind in _KINDS if content.get(kind)]
    if len(kinds) != 1:
        raise bad_request("Content must have exactly one of Simple, Raw and Template.")
    if call.get("ListManagementOptions"):
        raise not_found(f"List with name: {call['ListManagementOptions'].get('ContactListName')} doesn't exist.")
    if kinds == ["Template"]:
        return {"MessageId": _send_template(_of_call(call), content["Template"])}
    message = _raw(content["Raw"], call) if kinds == ["Raw"] else _simple(content["Simple"], call)
    dispatch(message, _checked(message))
    return {"MessageId": message.id}


def send_bulk_email(call: Json) -> Json:
    """Answer one SendBulkEmail: a result for each entry, in order.

    Raises
    ------
    Refusal
        SES does not take the call as a whole.
    """
    template = (call.get("DefaultContent") or {}).get("Template")
    entries = call.get("BulkEmailEntries") or []
    if not template:
        raise bad_request("DefaultContent.Template is required")
    if not 0 < len(entries) <= _MOST_DESTINATIONS:
        raise bad_request(f"Destination count must be between 1 and {_MOST_DESTINATIONS}.")
    call = {**call, "EmailTags": call.get("DefaultEmailTags")}
    _check_sender(_of_call(call))
    _template_parts(template)
    return {"BulkEmailEntryResults": [_entry_result(call, template, entry) for entry in entries]}


def _entry_result(call: Json, template: Json, entry: Json) -> Json:
    replacement = (entry.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
    headers = entry.get("ReplacementHeaders") or template.get("Headers")
    data = _merged(template.get("TemplateData"), replacement.get("ReplacementTemplateData"))
    try:
        message = _of_call({**call, "Destination": entry.get("Destination")})
        message.tags |= message_tags(entry.get("ReplacementTags"))
        message.kind = "v2.SendBulkEmail"
        sent = _send_template(message, {**template, "TemplateData": data, "Headers": headers})
    except Refusal as refusal:
        return {"Status": _STATUSES.get(refusal.code, "FAILED"), "Error": refusal.message}
    return {"Status": "SUCCESS", "MessageId": sent}


def _merged(defaults: str | None, replacements: str | None) -> str:
    """An entry's data: the call's, overridden member by member."""
    try:
        return json.dumps({**json.loads(defaults or "{}"), **json.loads(replacements or "{}")})
    except (ValueError, TypeError, RecursionError):
        # Rendering will say what is wrong with it.
        return replacements or defaults or ""


def _of_call(call: Json) -> Message:
    destination = call.get("Destination") or {}
    return Message(
        source=call.get("FromEmailAddress") or "",
        to=list(destination.get("ToAddresses") or ()),
        cc=list(destination.get("CcAddresses") or ()),
        bcc=list(destination.get("BccAddresses") or ()),
        reply_to=list(call.get("ReplyToAddresses") or ()),
        tags=message_tags(call.get("EmailTags")),
        configuration_set=call.get("ConfigurationSetName") or "",
    )


def _simple(simple: Json, call: Json) -> Message:
    message = _of_call(call)
    body = simple.get("Body") or {}
    subject = (simple.get("Subject") or {}).get("Data")
    if subject is None or not (body.get("Text") or body.get("Html")):
        raise bad_request("Simple content must have a subject, and a body as text or HTML.")
    text, html = ((body.get(form) or {}).get("Data") or "" for form in ("Text", "Html"))
    return _filled(message, simple, subject, text, html)


def _filled(message: Message, content: Json, subject: str, text: str, html: str) -> Message:
    """The message with what it says; `content` may bring headers and attachments."""
    if not subject.isprintable():
        raise bad_request("The subject contains control characters.")
    contents = [_decoded(each.get("RawContent")) for each in content.get("Attachments") or ()]
    message.subject, message.text, message.html = subject, text, html
    message.headers = [*envelope_headers(message), *custom_headers(content.get("Headers"))]
    message.attachments = [str(each.get("FileName")) for each in content.get("Attachments") or ()]
    message.infected = mime.is_infected([text.encode(), html.encode(), *contents])
    mime.check_size(mime.size(message, contents))
    return message


def _raw(raw: Json, call: Json) -> Message:
    """The raw mail; what the call says goes before what its headers say."""
    message, given = mime.read(_decoded(raw.get("Data"))), _of_call(call)
    if message.source:
        _check_sender(replace(message, configuration_set=""))
    message.source = given.source or message.source
    if given.recipients:
        message.to, message.cc, message.bcc = given.to, given.cc, given.bcc
    message.configuration_set = given.configuration_set or message.configuration_set
    message.tags |= given.tags
    return message


def _send_template(message: Message, template: Json) -> str:
    """Render and send; what cannot be rendered is taken all the same, and reported as an event."""
    identity = _checked(message)
    parts = _template_parts(template)
    message.template = template.get("TemplateName") or str(template.get("TemplateArn") or "").rpartition("/")[2]
    data = template.get("TemplateData") or ""
    try:
        subject, text, html = (templates.render(part, data) for part in parts)
    except templates.RenderingError as error:
        fail_rendering(message, identity, message.template, str(error))
        return message.id
    dispatch(_filled(message, template, subject, text, html), identity)
    return message.id


def _template_parts(template: Json) -> tuple[str, str, str]:
    """A template's subject, text and HTML, stored or in the call itself."""
    stored, _, error = ses_v2._resolve_send_template(template)
    if error:
        status, headers, body = error
        raise Refusal(headers["x-amzn-errortype"], json.loads(body)["message"], status)
    return stored["SubjectPart"], stored["TextPart"], stored["HtmlPart"]


def _checked(message: Message) -> str:
    """Check sender, recipients and configuration set; the sender's identity."""
    given = (*message.to, *message.cc, *message.bcc)
    if not given:
        raise bad_request("At least one recipient is required.")
    check_recipients(given)
    check_addresses(message.reply_to)
    return _check_sender(message)


def _check_sender(message: Message) -> str:
    check_addresses([message.source])
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


def _decoded(data: Any) -> bytes:
    try:
        return base64.b64decode(data or "", validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise bad_request("Raw data must be base64.") from error
