"""Who may send what: ses:SendEmail is asked about the sender's identity and the configuration set.

AWS: the identity and the configuration set of a mail are both resources of the call; policies may look at
`ses:FromAddress`, `ses:FromDisplayName`, `ses:Recipients`, `ses:FeedbackAddress` and `ses:ApiVersion`
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html).

MiniStack asks about `*` without any condition key.
"""

from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id, get_region

from local_aws.hooks import wraps
from local_aws.services.ses import addresses
from local_aws.services.ses.calls import document
from local_aws.services.ses.identities import default_configuration_set, identity_of
from local_aws.services.ses.refusals import Refusal

Json = dict[str, Any]


@wraps("ministack.app:_enforce_ses_v2")
def _enforce_for_each_resource(
    enforce: Callable[..., Any],
    method: str,
    path: str,
    headers: Any,
    body: bytes,
    query_params: Any,
    request_id: str,
) -> Any:
    call = _sending_call(body) if method == "POST" and path.rstrip("/").endswith("/outbound-emails") else None
    if call is None or not call.get("FromEmailAddress"):
        return enforce(method, path, headers, body, query_params, request_id)
    for resource in _resources(call):
        denied = app._enforce_data_plane(
            *("sesv2", "ses:SendEmail", headers, query_params, request_id),
            resource_arn=resource,
            service_context=_condition_keys(call),
            named_resource=resource,
        )
        if denied:
            return denied
    return None


def _sending_call(body: bytes) -> Json | None:
    try:
        return document(body, "SendEmail")
    except Refusal:
        # Sending refuses it as well.
        return None


def _resources(call: Json) -> list[str]:
    """The ARNs of the sender's identity and of the configuration set."""
    source = call.get("FromEmailAddress") or ""
    identity = identity_of(source) or addresses.mailbox_of(source)
    configuration_set = call.get("ConfigurationSetName") or default_configuration_set(identity)
    resources = [("identity", identity), ("configuration-set", configuration_set)]
    return [f"arn:aws:ses:{get_region()}:{get_account_id()}:{kind}/{name}" for kind, name in resources if name]


def _condition_keys(call: Json) -> Json:
    source, destination = call.get("FromEmailAddress") or "", call.get("Destination") or {}
    recipients = [each for kind in ("To", "Cc", "Bcc") for each in destination.get(f"{kind}Addresses") or ()]
    try:
        name = addresses.parsed(source).name
    except Refusal:
        name = ""
    context = {
        "ses:ApiVersion": "2",
        "ses:FromAddress": addresses.mailbox_of(source),
        "ses:FromDisplayName": name,
        "ses:FeedbackAddress": call.get("FeedbackForwardingEmailAddress") or "",
        "ses:Recipients": [addresses.mailbox_of(str(each)) for each in recipients],
    }
    return {key: value for key, value in context.items() if value}
