"""Publishes the events of a configuration set to its SNS topics.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.core import concurrency, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import ses_v2, sns

from local_aws.services.ses.addresses import mailbox_of
from local_aws.services.ses.identities import identity_arn
from local_aws.services.ses.message import Message
from local_aws.services.ses.outcomes import format_time

_log = logging.getLogger("local_aws.ses")
_EVENT_SUBJECT = "Amazon SES Email Event Notification"
_VALIDATION = "Successfully validated SNS topic for Amazon SES event publishing."
_SOURCE_IP = "127.0.0.1"


@dataclass
class EventPublisher:
    """Collects the events of one message, then publishes them in order and in the background."""

    message: Message
    identity: str
    caller: str = field(default_factory=iam_evaluator.caller_arn)
    _events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def add_event(self, event_type: str, detail: dict[str, Any]) -> None:
        """Add an event for the message's configuration set: Send, Delivery, Bounce or Complaint."""
        document = {"eventType": event_type, "mail": self._mail(), event_type.lower(): detail}
        for topic in _topics(self.message.configuration_set, event_type):
            self._events.append((topic, _set_arn(self.message.configuration_set), document))

    def publish(self) -> None:
        """Publish all events."""
        if self._events:
            concurrency.spawn_background(self._publish, thread_name="ses-events")

    def _publish(self) -> None:
        for topic, source, document in self._events:
            _publish(topic, source, json.dumps(document), _EVENT_SUBJECT)

    def _mail(self) -> dict[str, Any]:
        message = self.message
        common = {
            "from": [message.source],
            "replyTo": message.reply_to,
            "to": message.to,
            "cc": message.cc,
            "messageId": message.id,
            "subject": message.subject,
        }
        return {
            "timestamp": format_time(message.sent),
            "source": message.source,
            "sourceArn": identity_arn(self.identity),
            "sendingAccountId": get_account_id(),
            "messageId": message.id,
            "destination": message.recipients,
            "headersTruncated": False,
            "headers": [{"name": name, "value": value} for name, value in message.headers],
            "commonHeaders": {name: value for name, value in common.items() if value},
            "tags": {
                "ses:operation": ["SendEmail"],
                "ses:configuration-set": [message.configuration_set],
                "ses:source-ip": [_SOURCE_IP],
                "ses:from-domain": [mailbox_of(message.source).rpartition("@")[2]],
                "ses:caller-identity": [self._caller_name],
                **message.tags,
            },
        }

    @property
    def _caller_name(self) -> str:
        resource = self.caller.split(":", 5)[-1]
        return resource.split("/")[1] if "/" in resource else resource


def validate(topic: str, configuration_set: str) -> bool:
    """Publish SES's validation message to a topic; False when SES may not publish there."""
    return _publish(topic, _set_arn(configuration_set), _VALIDATION, "")


def _set_arn(configuration_set: str) -> str:
    return f"arn:aws:ses:{get_region()}:{get_account_id()}:configuration-set/{configuration_set}"


def _topics(configuration_set: str, event_type: str) -> Iterator[str]:
    destinations = (ses_v2._config_sets.get(configuration_set) or {}).get("EventDestinations") or {}
    for destination in destinations.values():
        topic = (destination.get("SnsDestination") or {}).get("TopicArn")
        if topic and destination["Enabled"] and event_type.upper() in destination["MatchingEventTypes"]:
            yield topic


def _publish(topic: str, source: str, text: str, subject: str) -> bool:
    if not sns.topic_policy_allows(topic, "ses.amazonaws.com", source, get_account_id()):
        _log.warning("SES may not publish to %s for %s", topic, source)
        return False
    return sns.publish_internal(topic, text, subject) is not None
