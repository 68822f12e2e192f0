"""Authorizes ses:SendEmail for the sender's identity and the configuration set.

AWS: the identity and the configuration set of a mail are both resources of the request; policies may use
`ses:FromAddress`, `ses:FromDisplayName`, `ses:Recipients`, `ses:FeedbackAddress` and `ses:ApiVersion`
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html).

MiniStack authorizes the resource `*` without condition keys.
"""

from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id, get_region

from local_aws.hooks import wraps
from local_aws.services.ses import addresses
from local_aws.services.ses.errors import SesError
from local_aws.services.ses.identities import default_configuration_set, identity_of
from local_aws.services.ses.request_body import parse_request

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
    request = _sending_request(body) if method == "POST" and path.rstrip("/").endswith("/outbound-emails") else None
    if request is None or not request.get("FromEmailAddress"):
        return enforce(method, path, headers, body, query_params, request_id)
    for resource in _resources(request):
        denied = app._enforce_data_plane(
            *("sesv2", "ses:SendEmail", headers, query_params, request_id),
            resource_arn=resource,
            service_context=_condition_keys(request),
            named_resource=resource,
        )
        if denied:
            return denied
    return None


def _sending_request(body: bytes) -> Json | None:
    try:
        return parse_request(body, "SendEmail")
    except SesError:
        # `sending` answers the error.
        return None


def _resources(request: Json) -> list[str]:
    """The ARNs of the sender's identity and of the configuration set."""
    source = request.get("FromEmailAddress") or ""
    identity = identity_of(source) or addresses.mailbox_of(source)
    configuration_set = request.get("ConfigurationSetName") or default_configuration_set(identity)
    resources = [("identity", identity), ("configuration-set", configuration_set)]
    return [f"arn:aws:ses:{get_region()}:{get_account_id()}:{kind}/{name}" for kind, name in resources if name]


def _condition_keys(request: Json) -> Json:
    source, destination = request.get("FromEmailAddress") or "", request.get("Destination") or {}
    recipients = [address for field in ("To", "Cc", "Bcc") for address in destination.get(f"{field}Addresses") or ()]
    try:
        name = addresses.parse_address(source).name
    except SesError:
        name = ""
    context = {
        "ses:ApiVersion": "2",
        "ses:FromAddress": addresses.mailbox_of(source),
        "ses:FromDisplayName": name,
        "ses:FeedbackAddress": request.get("FeedbackForwardingEmailAddress") or "",
        "ses:Recipients": [addresses.mailbox_of(str(address)) for address in recipients],
    }
    return {key: value for key, value in context.items() if value}
