"""S3 refuses notification configurations that AWS refuses, and asks a function's policy before it invokes it.

AWS: a notification configuration is accepted only if every destination's policy lets S3 publish to it, no two of its
entries overlap in event type, prefix and suffix, and its event types exist
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html). Records of deletions have no
size and no ETag (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).

This MiniStack asks no function's policy. It accepts a topic's default policy as a permission for S3, which the topic's
policy must grant to the service (`aws:SourceOwner`, which the default policy uses, is a deprecated key). It accepts
overlaps and unknown event types.
"""

import copy
import json
import logging
from collections.abc import Callable
from itertools import combinations
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import s3, sns, sqs

from local_aws.hooks import replaces, wraps
from local_aws.services.lambda_ import async_queue
from local_aws.services.lambda_.permission import may_invoke, policy_allows
from local_aws.services.sqs.queues import put_in_queue

_SERVICE = "s3.amazonaws.com"
_MOST = 100
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
_EVENTS = {
    "TestEvent": (),
    "ObjectCreated": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
    "ObjectRemoved": ("Delete", "DeleteMarkerCreated"),
    "ObjectRestore": ("Post", "Completed", "Delete"),
    "ReducedRedundancyLostObject": (),
    "Replication": (
        *("OperationFailedReplication", "OperationMissedThreshold"),
        *("OperationReplicatedAfterThreshold", "OperationNotTracked"),
    ),
    "LifecycleExpiration": ("Delete", "DeleteMarkerCreated"),
    "LifecycleTransition": (),
    "IntelligentTiering": (),
    "ObjectTagging": ("Put", "Delete"),
    "ObjectAcl": ("Put",),
    "ObjectAnnotation": ("Put", "Delete"),
}
_KNOWN = {f"s3:{kind}:{what}" for kind, whats in _EVENTS.items() for what in whats}
_FAMILIES = {f"s3:{kind}:*" for kind, whats in _EVENTS.items() if whats} | {
    f"s3:{kind}" for kind, whats in _EVENTS.items() if not whats
}
_log = logging.getLogger("local_aws.s3")
Json = dict[str, Any]


@wraps("ministack.services.s3:_validate_notification_configs")
def _validate(
    validate: Callable[..., Any],
    configs: list[Json],
    bucket_region: str,
    bucket_name: str = "",
    skip_destination_validation: bool = False,
) -> Any:
    reason = _reason(configs)
    if reason:
        return s3._invalid_notification_config(reason)
    error = validate(configs, bucket_region, bucket_name, skip_destination_validation)
    refused = [] if error or skip_destination_validation else _refusing_functions(configs, bucket_name)
    if refused:
        message = f"Unable to validate the following destination configurations: {', '.join(refused)}"
        return s3._invalid_notification_config(message)
    return error


def _reason(configs: list[Json]) -> str | None:
    """Why S3 refuses these, or None."""
    if len(configs) > _MOST:
        return f"The maximum number of notification configurations is {_MOST}"
    if any(event not in _KNOWN | _FAMILIES for config in configs for event in config["events"]):
        return "The event is not supported for notifications"
    if any(config["type"] == "sqs" and config["arn"].endswith(".fifo") for config in configs):
        return "Unable to validate the following destination configurations: FIFO queues are not supported"
    if any(_overlap(one, other) for one, other in combinations(configs, 2)):
        return (
            "Configurations overlap. Configurations on the same bucket cannot share a common event type. : "
            "Prefixes and suffixes must not overlap either."
        )
    return None


def _overlap(one: Json, other: Json) -> bool:
    prefixes = [config["filter_prefix"] or "" for config in (one, other)]
    suffixes = [config["filter_suffix"] or "" for config in (one, other)]
    return (
        any(_share(first, second) for first in one["events"] for second in other["events"])
        and (prefixes[0].startswith(prefixes[1]) or prefixes[1].startswith(prefixes[0]))
        and (suffixes[0].endswith(suffixes[1]) or suffixes[1].endswith(suffixes[0]))
    )


def _share(first: str, second: str) -> bool:
    """Whether an event can be of both types."""
    return first == second or any(
        wide.endswith("*") and narrow.startswith(wide[:-1]) for wide, narrow in ((first, second), (second, first))
    )


def _refusing_functions(configs: list[Json], bucket: str) -> list[str]:
    account = s3._bucket_owner_account(bucket) or get_account_id()
    return [
        config["arn"]
        for config in configs
        if config["type"] == "lambda" and not may_invoke(config["arn"], _SERVICE, f"arn:aws:s3:::{bucket}", account)
    ]


@replaces("ministack.services.s3:_deliver_event_to_lambda")
def _to_function(arn: str, event_payload: Json, bucket_region: str) -> None:
    bucket = event_payload["Records"][0]["s3"]["bucket"]["name"]
    account = s3._bucket_owner_account(bucket) or get_account_id()
    if not may_invoke(arn, _SERVICE, f"arn:aws:s3:::{bucket}", account):
        _log.warning("%s is gone or does not let S3 invoke it for %s", arn, bucket)
        return
    async_queue.invoke_async(arn, _without_sizes(event_payload))


@replaces("ministack.services.s3:_deliver_event_to_sqs")
def _to_queue(arn: str, event_payload: Json, bucket_region: str, bucket_name: str = "") -> None:
    account = s3._bucket_owner_account(bucket_name) or get_account_id()
    if sqs.queue_policy_allows(arn, _SERVICE, f"arn:aws:s3:::{bucket_name}", account):
        put_in_queue(arn, json.dumps(_without_sizes(event_payload)), {})
    else:
        _log.warning("%s is gone or does not let S3 send to it for %s", arn, bucket_name)


@wraps("ministack.services.s3:_deliver_event_to_sns")
def _to_topic(
    deliver: Callable[..., None], arn: str, event_payload: Json, bucket_region: str, bucket_name: str = ""
) -> None:
    deliver(arn, _without_sizes(event_payload), bucket_region, bucket_name)


def _without_sizes(event_payload: Json) -> Json:
    """A copy of the event; its records of deletions have no size and no ETag."""
    payload = copy.deepcopy(event_payload)
    for record in payload.get("Records", ()):
        if record["eventName"].startswith("ObjectRemoved:"):
            record["s3"]["object"].pop("size", None)
            record["s3"]["object"].pop("eTag", None)
    return payload


@replaces("ministack.services.sns:topic_policy_allows")
def _topic_allows(topic_arn: str, service: str, source_arn: str, source_account: str) -> bool:
    """Whether a topic's policy lets a service publish for a resource of an account."""
    topic = sns._topic_by_arn_any_scope(topic_arn)
    if topic is None:
        return False
    policy = topic["attributes"].get("Policy") or ""
    return policy_allows(policy, service, "sns:Publish", topic_arn, source_arn, source_account)
