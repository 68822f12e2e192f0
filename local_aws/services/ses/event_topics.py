"""Tests the topic of an event destination when the destination is set.

AWS: SES publishes a first message when an event destination is set, and refuses a topic that it cannot publish to:
missing, or with a policy that does not allow `ses.amazonaws.com` for this configuration set
(https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-sns.html). Subscribers get that
first message, plain text, too. MiniStack accepts any topic and publishes nothing.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import ses_v2

from local_aws.hooks import wraps
from local_aws.services.ses import events


@wraps("ministack.services.ses_v2:_put_event_destination")
def _put_if_topic_accepts(put: Callable[..., Any], name: str, dest_name: str, definition: Any, *, create: bool) -> Any:
    topic = (definition.get("SnsDestination") or {}).get("TopicArn") if isinstance(definition, dict) else None
    before = ((ses_v2._config_sets.get(name) or {}).get("EventDestinations") or {}).get(dest_name)
    error = put(name, dest_name, definition, create=create)
    if error or not topic or events.validate(topic, name):
        return error
    _restore(name, dest_name, before)
    return ses_v2._json_err("BadRequestException", f"Could not publish to SNS topic: {topic}")


def _restore(name: str, destination: str, before: Any) -> None:
    destinations = ses_v2._config_sets[name]["EventDestinations"]
    destinations.pop(destination)
    if before is not None:
        destinations[destination] = before
