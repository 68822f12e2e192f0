"""What Lambda makes of a batch of SQS messages, and when it calls a batch complete.

With ReportBatchItemFailures the messages that the function names stay in the queue and the others are deleted. A name
that is empty, null, missing or none of the batch makes the whole batch fail; no list, an empty or a null one makes it
succeed (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). MiniStack takes every answer
that it cannot read for a success, which loses the messages, and fails itself on a null list.

A batch is sent when it is full or when the batching window, which begins with its first message, ends
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html). MiniStack ignores the window and
takes at most 10 messages. Hooked at `lambda_svc._run_sqs_batch` and `sqs._receive_messages_for_esm`.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc, sqs

from local_aws.hooks import replaces, wraps

_log = logging.getLogger(__name__)
_Message = dict[str, Any]
# When the batch that waits for its window was begun, by queue.
_begun: dict[str, float] = {}


@replaces("ministack.services.lambda_svc:_run_sqs_batch")
def _run(
    mapping: dict[str, Any],
    function: dict[str, Any],
    event: dict[str, Any],
    batch: list[_Message],
    queue_url: str,
    queue_name: str,
) -> None:
    """Invoke the function with one batch, and delete what it processed."""
    result = lambda_svc._execute_function(function, event)
    ids = {message["id"] for message in batch}
    reports = "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or [])
    failed = ids if result.get("error") else failed_ids(result.get("body"), ids) if reports else set()
    done = {message["receipt_handle"] for message in batch if message["id"] not in failed}
    sqs._delete_messages_for_esm(queue_url, done)
    if failed == ids:
        # What failed stays invisible for the queue's visibility timeout; the others wait a moment.
        lambda_svc._esm_backoff_until[mapping["UUID"]] = time.time() + lambda_svc._ESM_BACKOFF_SECONDS
    mapping["LastProcessingResult"] = "OK" if not failed else "PROBLEM: Function call failed"
    _log.info("%s: %d of %d messages from %s failed", mapping["FunctionName"], len(failed), len(ids), queue_name)


def failed_ids(response: Any, ids: set[str]) -> set[str]:
    """The ids of a batch that its function's answer calls failed."""
    if response is None or response == {}:
        return set()
    try:
        failures = response.get("batchItemFailures") or []
        named = {failure["itemIdentifier"] for failure in failures}
    except (AttributeError, KeyError, TypeError):
        return ids
    return named if named <= ids else ids


@wraps("ministack.services.sqs:_receive_messages_for_esm")
def _batch(receive: Callable[[str, int], list[_Message]], queue_url: str, max_number: int) -> list[_Message]:
    """The messages of a batch that is due, received; none while it may still grow."""
    if not _due(queue_url, max_number):
        return []
    messages: list[_Message] = []
    while len(messages) < max_number and (more := receive(queue_url, max_number - len(messages))):
        messages += more
    return messages


def _due(queue_url: str, size: int) -> bool:
    queue = sqs._get_q(queue_url)
    window = _window_seconds(queue["attributes"].get("QueueArn", ""))
    if not window:
        return True
    now = time.time()
    waiting = sum(message["visible_at"] <= now for message in list(queue["messages"]))
    begun = _begun.setdefault(queue_url, now) if waiting else now
    if waiting and waiting < size and now - begun < window:
        return False
    _begun.pop(queue_url, None)
    return bool(waiting)


def _window_seconds(queue_arn: str) -> float:
    windows = (
        mapping.get("MaximumBatchingWindowInSeconds") or 0
        for mapping in list(lambda_svc._esms.values())
        if mapping["EventSourceArn"] == queue_arn and mapping.get("Enabled", True)
    )
    return max(windows, default=0)
