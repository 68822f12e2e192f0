"""Invokes functions with batches of SQS messages: batching window, and partial batch responses.

With ReportBatchItemFailures the messages that the function reports stay in the queue and the others are deleted. An
item identifier that is empty, null, missing or unknown fails the whole batch. A missing, empty or null list is a
success (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). MiniStack counts a
response that it cannot read as a success, which loses the messages, and fails on a null list.

A batch is sent when it is full or when its batching window ends; the window begins with the first message
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html). MiniStack ignores the window and
takes at most 10 messages.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc, sqs

from local_aws.hooks import replaces, wraps

_log = logging.getLogger(__name__)
_Message = dict[str, Any]
# When the batching window of a queue began, by queue URL.
_window_starts: dict[str, float] = {}


@replaces("ministack.services.lambda_svc:_run_sqs_batch")
def _process_batch(
    mapping: dict[str, Any],
    function: dict[str, Any],
    event: dict[str, Any],
    batch: list[_Message],
    queue_url: str,
    queue_name: str,
) -> None:
    """Invoke the function with one batch, and delete the messages that it processed."""
    result = lambda_svc._execute_function(function, event)
    ids = {message["id"] for message in batch}
    reports = "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or [])
    failed = ids if result.get("error") else failed_ids(result.get("body"), ids) if reports else set()
    processed_handles = {message["receipt_handle"] for message in batch if message["id"] not in failed}
    sqs._delete_messages_for_esm(queue_url, processed_handles)
    if failed == ids:
        # Failed messages stay invisible for the queue's visibility timeout. Other messages wait for the backoff.
        lambda_svc._esm_backoff_until[mapping["UUID"]] = time.time() + lambda_svc._ESM_BACKOFF_SECONDS
    mapping["LastProcessingResult"] = "OK" if not failed else "PROBLEM: Function call failed"
    _log.info("%s: %d of %d messages from %s failed", mapping["FunctionName"], len(failed), len(ids), queue_name)


def failed_ids(response: Any, ids: set[str]) -> set[str]:
    """The ids of the messages that a function's response reports as failed."""
    if response is None or response == {}:
        return set()
    try:
        failures = response.get("batchItemFailures") or []
        named = {failure["itemIdentifier"] for failure in failures}
    except (AttributeError, KeyError, TypeError):
        return ids
    return named if named <= ids else ids


@wraps("ministack.services.sqs:_receive_messages_for_esm")
def _receive_due_batch(
    receive: Callable[[str, int], list[_Message]], queue_url: str, max_number: int
) -> list[_Message]:
    """Receive a batch; empty while its batching window is open and it is not full."""
    if not _is_due(queue_url, max_number):
        return []
    messages: list[_Message] = []
    while len(messages) < max_number and (received := receive(queue_url, max_number - len(messages))):
        messages += received
    return messages


def _is_due(queue_url: str, size: int) -> bool:
    queue = sqs._get_q(queue_url)
    window = _window_seconds(queue["attributes"].get("QueueArn", ""))
    if not window:
        return True
    now = time.time()
    waiting = sum(message["visible_at"] <= now for message in list(queue["messages"]))
    window_start = _window_starts.setdefault(queue_url, now) if waiting else now
    if waiting and waiting < size and now - window_start < window:
        return False
    _window_starts.pop(queue_url, None)
    return bool(waiting)


def _window_seconds(queue_arn: str) -> float:
    windows = (
        mapping.get("MaximumBatchingWindowInSeconds") or 0
        for mapping in list(lambda_svc._esms.values())
        if mapping["EventSourceArn"] == queue_arn and mapping.get("Enabled", True)
    )
    return max(windows, default=0)
