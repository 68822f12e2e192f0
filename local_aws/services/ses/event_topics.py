"""Topics that SES is told to publish to are tried at once.

AWS: SES publishes a first message when an event destination or an identity's notification topic is set, and refuses a
topic that it cannot publish to: missing, or with a policy that does not let `ses.amazonaws.com` for this configuration
set or identity (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-sns.html,
https://docs.aws.amazon.com/ses/latest/dg/configure-sns-notifications.html). Consumers get that first message, too:
plain text for an event destination, a JSON document for an identity. MiniStack takes any topic, says nothing to it, and
loses the notification topic of an identity that was made by API v2 or CloudFormation.
Hooked: `ses_v2._put_event_destination`, which CloudFormation calls as well, and `ses._set_identity_notification_topic`.
"""

from typing import Any

from ministack.services import ses, ses_v2

from local_aws.hooks import Hook
from local_aws.services.ses import events
from local_aws.settings import Settings

HOOKS = (
    Hook("ministack.services.ses_v2:_config_sets", "type:AccountRegionScopedDict"),
    Hook("ministack.services.ses_v2:_put_event_destination", "name,dest_name,definition,create"),
    Hook("ministack.services.ses_v2:_json_err", "code,message,status"),
    Hook("ministack.services.ses_v2:_identities", "type:AccountRegionScopedDict"),
    Hook("ministack.services.ses:_set_identity_notification_topic", "params"),
    Hook("ministack.services.ses:_identities", "type:AccountRegionScopedDict"),
    Hook("ministack.services.ses:_make_identity", "identity,identity_type"),
    Hook("ministack.services.ses:_p", "params,key,default"),
    Hook("ministack.services.ses:_error", "code,message,status,error_type,fields"),
)
_KINDS = ("Bounce", "Complaint", "Delivery")


def install(settings: Settings) -> None:
    """Try topics."""
    put, set_topic = ses_v2._put_event_destination, ses._set_identity_notification_topic

    def tried(name: str, dest_name: str, definition: Any, *, create: bool) -> Any:
        topic = (definition.get("SnsDestination") or {}).get("TopicArn") if isinstance(definition, dict) else None
        before = ((ses_v2._config_sets.get(name) or {}).get("EventDestinations") or {}).get(dest_name)
        error = put(name, dest_name, definition, create=create)
        if error or not topic or events.validate(topic, name):
            return error
        _restore(name, dest_name, before)
        return ses_v2._json_err("BadRequestException", f"Could not publish to SNS topic: {topic}")

    def topic_set(params: Any) -> Any:
        identity, kind, topic = (ses._p(params, name) for name in ("Identity", "NotificationType", "SnsTopic"))
        known = identity in ses._identities or identity in ses_v2._identities
        if not known or kind not in _KINDS:
            return ses._error(
                "InvalidParameterValue", f"Invalid identity or notification type: {identity}, {kind}", 400
            )
        if topic and not events.subscribed(topic, identity, kind):
            return ses._error("InvalidParameterValue", f"Invalid SNS topic <{topic}>.", 400)
        if identity not in ses._identities:
            ses._identities[identity] = ses._make_identity(identity, "EmailAddress" if "@" in identity else "Domain")
        return set_topic(params)

    ses_v2._put_event_destination = tried
    ses._set_identity_notification_topic = topic_set


def _restore(name: str, destination: str, before: Any) -> None:
    destinations = ses_v2._config_sets[name]["EventDestinations"]
    destinations.pop(destination)
    if before is not None:
        destinations[destination] = before
