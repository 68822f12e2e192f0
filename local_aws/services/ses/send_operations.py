"""SES sends as AWS does: what it refuses, what it adds to a mail, what becomes of it at each recipient.

AWS: SendEmail takes simple content with headers, raw mails and templates; a sender must be verified; some 50 recipients
and 40 MB are the limits; mails to the mailbox simulator bounce or complain; configuration sets and identities publish
events to SNS (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html,
https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html).

This MiniStack drops headers, reply-to, tags and the configuration set of v2 mails, takes any address and any number of
them, knows only `{{name}}` in templates, and has events for identities and v1 calls alone.

Hooked: `ses_v2.handle_request` for the two sending calls and TestRenderEmailTemplate; for v1,
`ses._send_notifications`, which every sending call there ends in, and `ses._render_template`. What happens is in
`local_aws.services.ses`.
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response
from ministack.services import ses, ses_v2

from local_aws.hooks import Hook
from local_aws.services.ses import mime, sending, templates
from local_aws.services.ses.calls import document
from local_aws.services.ses.dispatch import deliver_recorded, fail_rendering, keep_newest
from local_aws.services.ses.identities import identity_of
from local_aws.services.ses.limits import check_recipients
from local_aws.services.ses.message import from_record
from local_aws.services.ses.refusals import Refusal, bad_request, not_found
from local_aws.settings import Settings

_V1_CALLS = ("_send_email", "_send_raw_email", "_send_templated_email", "_send_bulk_templated_email")
HOOKS = (
    Hook("ministack.core.responses:json_response", "data,status,content_type"),
    Hook("ministack.services.ses_v2:handle_request", "method,path,headers,body,query_params"),
    Hook("ministack.services.ses_v2:_resolve_send_template", "tpl"),
    Hook("ministack.services.ses_v2:_json_err", "code,message,status"),
    Hook("ministack.services.ses_v2:_identities", "type:AccountRegionScopedDict"),
    Hook("ministack.services.ses_v2:_config_sets", "type:AccountRegionScopedDict"),
    Hook("ministack.services.ses:_identities", "type:AccountRegionScopedDict"),
    *(Hook(f"ministack.services.ses:{name}", "params") for name in _V1_CALLS),
    Hook("ministack.services.ses:_configuration_sets", "type:AccountRegionScopedDict"),
    Hook("ministack.services.ses:_p", "params,key,default"),
    Hook("ministack.services.ses:_error", "code,message,status,error_type,fields"),
    Hook("ministack.services.ses:_templates", "type:AccountRegionScopedDict"),
    Hook("ministack.services.ses:_sent_emails_list", ""),
    Hook("ministack.services.ses:_send_notifications", "msg_id,source,recipients"),
    Hook("ministack.services.ses:_render_template", "template,template_data_json"),
    Hook("ministack.services.sns:topic_policy_allows", "topic_arn,service,source_arn,source_account"),
    Hook(
        "ministack.services.sns:publish_internal",
        "topic_arn,message,subject,message_structure,message_attributes,message_group_id,message_deduplication_id",
    ),
    Hook("ministack.core.concurrency:spawn_background", "fn,args,thread_name,kwargs"),
    Hook("ministack.core.iam_evaluator:caller_arn", ""),
)

_PREFIX = "/v2/email"
_V1_RECIPIENT = re.compile(r"Destinations\.member\.\d+|Destination\.(?:To|Cc|Bcc)Addresses\.member\.\d+")
_MOST_BYTES_V1 = 10 * 1024 * 1024
_OF_V2 = "OfV2"
_RENDER = "/render"
Json = dict[str, Any]
_CALLS: dict[tuple[str, str], tuple[str, Callable[[Json], Json]]] = {
    ("POST", "/outbound-emails"): ("SendEmail", sending.send_email),
    ("POST", "/outbound-bulk-emails"): ("SendBulkEmail", sending.send_bulk_email),
}


def install(settings: Settings) -> None:
    """Send in MiniStack's place."""
    others = ses_v2.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        place = path.rstrip("/").removeprefix(_PREFIX)
        call = _CALLS.get((method, place))
        if call is None and method == "POST" and place.startswith("/templates/") and place.endswith(_RENDER):
            call = "TestRenderEmailTemplate", _rendered(place.removeprefix("/templates/").removesuffix(_RENDER))
        if call is None:
            return await others(method, path, headers, body, query_params)
        operation, answer = call
        try:
            return json_response(answer(document(body, operation)))
        except Refusal as refusal:
            return ses_v2._json_err(refusal.code, refusal.message, refusal.status)

    ses_v2.handle_request = handle_request
    for name in _V1_CALLS:
        setattr(ses, name, _checked_v1(getattr(ses, name)))
    ses._send_notifications = _deliver_v1
    ses._render_template = _render_v1


def _rendered(name: str) -> Callable[[Json], Json]:
    """TestRenderEmailTemplate of one template."""

    def answer(call: Json) -> Json:
        stored = ses._templates.get(name)
        if stored is None:
            raise not_found(f"Template {name} does not exist")
        try:
            parts = [templates.render(stored[part], call.get("TemplateData", "")) for part in _PARTS]
        except templates.RenderingError as error:
            raise bad_request(str(error)) from error
        return {"RenderedTemplate": "Subject: {}\n\n{}\n\n{}".format(*parts)}

    return answer


_PARTS = ("SubjectPart", "TextPart", "HtmlPart")


def _checked_v1(send: Callable[[Json], Any]) -> Callable[[Json], Any]:
    """A v1 call that is held to its limits and knows the configuration sets of v2."""

    def checked(params: Json) -> Any:
        recipients = [ses._p(params, name) for name in params if _V1_RECIPIENT.fullmatch(name)]
        contents = [ses._p(params, name) for name in params if name.endswith((".Data", ".Html", ".Text"))]
        try:
            check_recipients(recipients)
            mime.check_size(sum(len(content.encode()) for content in contents), _MOST_BYTES_V1)
        except Refusal as refusal:
            return ses._error("InvalidParameterValue", refusal.message, 400)
        _know_set(ses._p(params, "ConfigurationSetName"))
        return send(params)

    return checked


def _know_set(name: str) -> None:
    """MiniStack keeps the configuration sets of each API version apart; AWS has one of a name."""
    if name in ses_v2._config_sets and name not in ses._configuration_sets:
        ses._configuration_sets[name] = {"Name": name, _OF_V2: True}
    elif name not in ses_v2._config_sets and _OF_V2 in (ses._configuration_sets.get(name) or {}):
        del ses._configuration_sets[name]


def _render_v1(template: Json, template_data_json: Any) -> dict[str, str]:
    """A v1 call's mail; one that cannot be rendered is empty here and taken back in `_deliver_v1`."""
    try:
        found = [templates.render(template.get(part) or "", template_data_json or "") for part in _PARTS]
    except templates.RenderingError:
        found = ["", "", ""]
    return dict(zip(("Subject", "Text", "Html"), found, strict=True))


def _deliver_v1(msg_id: str, source: str, recipients: list[str]) -> None:
    """What follows a v1 call that has recorded its mail."""
    keep_newest()
    sent = ses._sent_emails_list()
    record = next((each for each in reversed(sent) if each["MessageId"] == msg_id), None)
    identity = identity_of(source or "")
    if record is None or identity is None:
        return
    message = from_record(record)
    message.bcc = [*message.bcc, *(each for each in recipients if each not in message.recipients)]
    template = ses._templates.get(record.get("Template") or "")
    try:
        for part in _PARTS if template else ():
            templates.render(template[part], record.get("TemplateData") or "")
    except templates.RenderingError as error:
        sent.remove(record)
        fail_rendering(message, identity, message.template, str(error))
        return
    record["Undelivered"] = deliver_recorded(message, identity)
    record["Headers"] = [list(header) for header in message.headers]
