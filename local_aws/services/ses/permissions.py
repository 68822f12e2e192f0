"""Who may send what: ses:SendEmail is asked about the sender's identity, the configuration set and the template.

AWS: the identity and the configuration set of a mail are both resources of the call; policies may look at
`ses:FromAddress`, `ses:FromDisplayName`, `ses:Recipients`, `ses:FeedbackAddress` and `ses:ApiVersion`
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html). A raw mail is
asked for as ses:SendRawEmail. Of templates, AWS's table names ses:SendEmail and reports name ses:SendTemplatedEmail:
here both are asked for, so that what works here works there; for SendBulkEmail likewise, with
ses:SendBulkTemplatedEmail.

MiniStack asks about `*` without any condition key, and of a v1 call about the action in the query where the one in the
body is carried out. Hooked: `app._enforce_ses_v2` for v2; for v1 `iam_actions.extract_iam_action`,
`extract_resource_arn` and `request_tag_context`, the identity only.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import ses

from local_aws.hooks import Hook
from local_aws.services.ses import addresses, mime
from local_aws.services.ses.calls import document
from local_aws.services.ses.identities import default_configuration_set, identity_of
from local_aws.services.ses.refusals import Refusal
from local_aws.settings import Settings

HOOKS = (
    Hook("ministack.core.responses:get_account_id", ""),
    Hook("ministack.core.responses:get_region", ""),
    Hook("ministack.services.ses:_p", "params,key,default"),
    Hook("ministack.app:_enforce_ses_v2", "method,path,headers,body,query_params,request_id"),
    Hook(
        "ministack.app:_enforce_data_plane",
        "service,iam_action,headers,query_params,request_id,resource_arn,service_context,auth_error_response,named_resource",
    ),
    Hook(
        "ministack.core.iam_actions:extract_resource_arn",
        "service,method,path,headers,body,query_params,region,account_id",
    ),
    Hook("ministack.core.iam_actions:extract_iam_action", "service,method,path,headers,body,query_params"),
    Hook("ministack.core.iam_actions:request_tag_context", "service,iam_action,body,params"),
)
Json = dict[str, Any]
_OPERATIONS = {"outbound-emails": "SendEmail", "outbound-bulk-emails": "SendBulkEmail"}
_V1_RECIPIENT = re.compile(r"Destinations\.member\.\d+|(?:.+\.)?Destination\.(?:To|Cc|Bcc)Addresses\.member\.\d+")


@dataclass(frozen=True)
class _Sending:
    """A sending call, as IAM sees it."""

    actions: tuple[str, ...]
    source: str
    recipients: list[str]
    feedback: str
    configuration_set: str
    template: str = ""
    version: str = "2"

    @property
    def resources(self) -> list[str]:
        """The ARNs that each action is asked about."""
        identity = identity_of(self.source) or addresses.mailbox_of(self.source)
        configuration_set = self.configuration_set or default_configuration_set(identity)
        named = [("identity", identity), ("configuration-set", configuration_set), ("template", self.template)]
        return [f"arn:aws:ses:{get_region()}:{get_account_id()}:{kind}/{name}" for kind, name in named if name]

    @property
    def context(self) -> Json:
        """The condition keys."""
        try:
            name = addresses.parsed(self.source).name
        except Refusal:
            name = ""
        context = {
            "ses:ApiVersion": self.version,
            "ses:FromAddress": addresses.mailbox_of(self.source),
            "ses:FromDisplayName": name,
            "ses:FeedbackAddress": self.feedback,
            "ses:Recipients": [addresses.mailbox_of(each) for each in self.recipients],
        }
        return {key: value for key, value in context.items() if value}


def install(settings: Settings) -> None:
    """Ask about each resource of a sending call."""
    enforce, context_of = app._enforce_ses_v2, iam_actions.request_tag_context
    action_of, arn_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def enforce_ses_v2(method: str, path: str, headers: Any, body: bytes, query_params: Any, request_id: str) -> Any:
        sending = _v2(path, body) if method == "POST" else None
        if sending is None:
            return enforce(method, path, headers, body, query_params, request_id)
        for action, resource in _checks(sending):
            denied = app._enforce_data_plane(
                *("sesv2", action, headers, query_params, request_id),
                resource_arn=resource,
                service_context=sending.context,
                named_resource=resource,
            )
            if denied:
                return denied
        return None

    def extract_resource_arn(
        service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any, *rest: Any, **named: Any
    ) -> str:
        sending = _v1(body, query_params) if service == "ses" else None
        if sending:
            return sending.resources[0]
        return str(arn_of(service, method, path, headers, body, query_params, *rest, **named))

    def request_tag_context(service: str, iam_action: str, body: bytes, params: Any) -> Json:
        sending = _v1(body, params) if service == "ses" else None
        return {**context_of(service, iam_action, body, params), **(sending.context if sending else {})}

    def extract_iam_action(
        service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any
    ) -> str | None:
        if service == "ses" and not path.startswith("/v2/"):
            return f"ses:{ses._p(_v1_parameters(body, query_params), 'Action') or 'UnknownOperation'}"
        action: str | None = action_of(service, method, path, headers, body, query_params)
        return action

    app._enforce_ses_v2 = enforce_ses_v2
    iam_actions.extract_iam_action = extract_iam_action
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.request_tag_context = request_tag_context


def _checks(sending: _Sending) -> Iterator[tuple[str, str]]:
    for action in sending.actions:
        yield from ((action, resource) for resource in sending.resources)


def _v2(path: str, body: bytes) -> _Sending | None:
    operation = _OPERATIONS.get(path.rstrip("/").rpartition("/")[2])
    try:
        call = document(body, operation) if operation else {}
    except Refusal:
        # Sending refuses it as well.
        return None
    if operation == "SendBulkEmail":
        destinations = [_object(entry, "Destination") for entry in call.get("BulkEmailEntries") or ()]
        template = _object(_object(call, "DefaultContent"), "Template")
        return _sending(call, ("ses:SendBulkEmail", "ses:SendBulkTemplatedEmail"), destinations, template)
    if operation != "SendEmail":
        return None
    content, destinations = _object(call, "Content"), [_object(call, "Destination")]
    if content.get("Raw"):
        return _sending({**call, **_named_in_raw(call)}, ("ses:SendRawEmail",), destinations, {})
    template = _object(content, "Template")
    actions = ("ses:SendEmail", "ses:SendTemplatedEmail") if template else ("ses:SendEmail",)
    return _sending(call, actions, destinations, template)


def _sending(call: Json, actions: tuple[str, ...], destinations: list[Json], template: Json) -> _Sending:
    lists = [each.get(f"{kind}Addresses") or () for each in destinations for kind in ("To", "Cc", "Bcc")]
    named = template.get("TemplateName") or str(template.get("TemplateArn") or "").rpartition("/")[2]
    return _Sending(
        actions=actions,
        source=str(call.get("FromEmailAddress") or ""),
        recipients=[str(address) for each in lists for address in each] or list(call.get("RawRecipients", ())),
        feedback=str(call.get("FeedbackForwardingEmailAddress") or ""),
        configuration_set=str(call.get("ConfigurationSetName") or ""),
        template=str(named),
    )


def _named_in_raw(call: Json) -> Json:
    """What a raw mail's headers say where the call does not: they are what will be carried out."""
    try:
        message = mime.read(base64.b64decode(_object(_object(call, "Content"), "Raw").get("Data") or ""))
    except (Refusal, ValueError):
        return {}
    return {
        "FromEmailAddress": call.get("FromEmailAddress") or message.source,
        "ConfigurationSetName": call.get("ConfigurationSetName") or message.configuration_set,
        "RawRecipients": message.recipients,
    }


def _v1_parameters(body: bytes, query_params: Any) -> Json:
    """As MiniStack's SES reads them: the body's go before the query's."""
    return {**query_params, **parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)}


def _v1(body: bytes, query_params: Any) -> _Sending | None:
    """A sending call of the first API version, by the identity of its Source."""
    params = _v1_parameters(body, query_params)
    source = ses._p(params, "Source")
    if not source or not ses._p(params, "Action").startswith("Send"):
        return None
    recipients = [ses._p(params, name) for name in params if _V1_RECIPIENT.fullmatch(name)]
    # MiniStack asks about one resource, the first: the identity.
    return _Sending((), source, recipients, ses._p(params, "ReturnPath"), "", version="1")


def _object(container: Any, name: str) -> Json:
    found = container.get(name) if isinstance(container, dict) else None
    return found if isinstance(found, dict) else {}
