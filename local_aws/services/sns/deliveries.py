"""SNS delivers to functions and queues as AWS does, with a subscription's dead-letter queue for failed deliveries.

AWS: a function is invoked asynchronously with one record, in which `Subject` may be null and `MessageAttributes` empty;
its policy must allow SNS to invoke it (https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html). A message that
cannot be delivered (the function or queue is gone, or its policy does not allow SNS) goes to the dead-letter queue of
the subscription's RedrivePolicy (https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html). Filters on the
body match inside lists of objects, such as the records of S3
(https://docs.aws.amazon.com/sns/latest/dg/example-filter-policies.html).

This MiniStack omits both fields where they have no value, on which Chalice's `on_sns_message` fails. It tries a
function once, does not check its policy, and has no dead-letter queues. Times are whole seconds, binary attributes are
empty, the unsubscribe link of every message names the same subscription, and filters do not look into lists. HTTP
deliveries, message structures and the other filters are MiniStack's.
"""

import asyncio
import base64
import contextvars
import hashlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import sns, sqs

from local_aws.hooks import replaces, wraps
from local_aws.services.lambda_ import async_queue
from local_aws.services.lambda_.permission import may_invoke
from local_aws.services.sqs.queues import put_in_queue

_SERVICE = "sns.amazonaws.com"
_log = logging.getLogger("local_aws.sns")
Json = dict[str, Any]


@dataclass(frozen=True)
class _Message:
    """A published message, in the form of one protocol."""

    topic: str
    id: str
    text: str
    subject: str
    attributes: Json
    published: str
    group: str
    once: str

    def document(self, subscription: str) -> Json:
        """The notification for one subscription; https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html."""
        region = self.topic.split(":")[3]
        return {
            "Type": "Notification",
            "MessageId": self.id,
            "TopicArn": self.topic,
            "Subject": self.subject or None,
            "Message": self.text,
            "Timestamp": self.published,
            "SignatureVersion": "1",
            "Signature": self._signature,
            "SigningCertURL": f"https://sns.{region}.amazonaws.com/SimpleNotificationService-local.pem",
            "UnsubscribeURL": f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription}",
            "MessageAttributes": {name: _shown(value) for name, value in self.attributes.items()},
        }

    @property
    def _signature(self) -> str:
        """A placeholder in the form of a signature. No key signs messages here."""
        return base64.b64encode(hashlib.sha512(f"{self.id}{self.text}".encode()).digest()).decode()

    def envelope(self, subscription: str) -> str:
        """The text that queues get: fields without a value are left out."""
        document = self.document(subscription)
        return json.dumps({name: value for name, value in document.items() if value not in (None, {})})

    def record(self, subscription: str) -> Json:
        """The event that functions get: every field is there, and two have names of their own."""
        document = self.document(subscription)
        document["SigningCertUrl"] = document.pop("SigningCertURL")
        document["UnsubscribeUrl"] = document.pop("UnsubscribeURL")
        source = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription}
        return {"Records": [{**source, "Sns": document}]}


@wraps("ministack.services.sns:_body_lookup")
def _body_lookup(look_up: Callable[[Json], Any], body: Json) -> Any:
    lookup = look_up(body)
    child = lookup.child
    lookup.child = lambda key: _lookups_of_objects(body.get(key)) or child(key)
    return lookup


@wraps("ministack.services.sns:_policy_matches")
def _policy_matches(matches: Callable[..., bool], policy: Json, lookup: Any, nested: bool = False) -> bool:
    # One object of a list must match as a whole.
    alternatives = lookup if isinstance(lookup, list) else [lookup]
    return any(matches(policy, alternative, nested) for alternative in alternatives)


def _lookups_of_objects(value: Any) -> list[Any]:
    """One lookup for each object in a list."""
    objects = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    return [sns._body_lookup(item) for item in objects]


@replaces("ministack.services.sns:_fanout")
def _fanout(
    topic_arn: str,
    msg_id: str,
    message: str,
    subject: str,
    message_structure: str = "",
    message_attributes: Json | None = None,
    message_group_id: str = "",
    message_dedup_id: str = "",
) -> None:
    topic = sns._topic_by_arn_any_scope(topic_arn)
    published = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for subscription in list(topic["subscriptions"]) if topic else ():
        text = sns._resolve_message_for_protocol(message, message_structure, subscription.get("protocol", ""))
        attributes = message_attributes or {}
        if subscription.get("confirmed") and sns._matches_filter_policy(subscription, attributes, text):
            made = _Message(
                *(topic_arn, msg_id, text, subject or "", attributes, published), message_group_id, message_dedup_id
            )
            _deliver(made, subscription)


def _deliver(message: _Message, subscription: Json) -> None:
    """Deliver to one subscription, in the account and region of the topic."""
    protocol, arn = subscription.get("protocol"), subscription["arn"]
    settings = subscription.get("attributes") or {}
    is_raw = settings.get("RawMessageDelivery") == "true"
    _, _, _, region, account, _ = message.topic.split(":", 5)
    if protocol in ("http", "https"):
        text = message.text if is_raw else message.envelope(arn)
        threading.Thread(
            target=asyncio.run, args=(sns._deliver_to_http(subscription["endpoint"], text),), daemon=True
        ).start()
    elif protocol == "sqs" and not _to_queue(message, subscription["endpoint"], arn, account, is_raw):
        _redrive(message, settings, arn, account, is_raw)
    elif protocol == "lambda":
        with request_scope(account, region):
            context = contextvars.copy_context()
        if not context.run(_to_function, message, subscription["endpoint"], arn, account):
            _redrive(message, settings, arn, account, is_raw=False)


def _to_function(message: _Message, function: str, subscription: str, account: str) -> bool:
    if not may_invoke(function, _SERVICE, message.topic, account):
        _log.warning("%s is gone or does not let SNS invoke it for %s", function, message.topic)
        return False
    return async_queue.invoke_async(function, message.record(subscription))


def _to_queue(message: _Message, queue: str, subscription: str, account: str, is_raw: bool) -> bool:
    if not sqs.queue_policy_allows(queue, _SERVICE, message.topic, account):
        _log.warning("%s is gone or does not let SNS send to it for %s", queue, message.topic)
        return False
    text = message.text if is_raw else message.envelope(subscription)
    return put_in_queue(queue, text, message.attributes if is_raw else {}, message.group, message.once)


def _redrive(message: _Message, settings: Json, subscription: str, account: str, is_raw: bool) -> None:
    try:
        queue = json.loads(settings.get("RedrivePolicy") or "{}").get("deadLetterTargetArn")
    except (ValueError, AttributeError):
        queue = None
    if queue:
        _to_queue(message, queue, subscription, account, is_raw)


def _shown(attribute: Json) -> Json:
    data_type = attribute.get("DataType", "String")
    field = "BinaryValue" if data_type.startswith("Binary") else "StringValue"
    return {"Type": data_type, "Value": attribute.get(field, "")}
