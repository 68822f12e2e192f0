"""Stops recursive loops of invocations through SQS queues.

AWS: a message carries the trace of the call that sent it (`AWSTraceHeader`), in which Lambda counts the invocations of
a chain. Lambda sends the messages of a recursive loop to the dead-letter queue, or drops them if there is none
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html). MiniStack passes the attribute on
only if the sender set it.
"""

import contextvars
import json
import logging
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc, sqs

from local_aws.hooks import wraps
from local_aws.services.lambda_ import lineage
from local_aws.services.sqs import queues

_TRACE = "AWSTraceHeader"
_log = logging.getLogger(__name__)
Json = dict[str, Any]


@wraps("ministack.services.sqs:_build_send_sys_attrs")
def _with_trace(build: Callable[[float, Json], Json], now: float, sys_attrs_input: Json) -> Json:
    attributes = build(now, sys_attrs_input)
    depth = lambda_svc._invoke_depth.get()
    if depth and _TRACE not in attributes:
        attributes[_TRACE] = lineage.with_depth(lineage.unsampled(), depth)
    return attributes


@wraps("ministack.services.lambda_svc:_run_sqs_batch")
def _run_unless_looping(
    run: Callable[..., None],
    mapping: Json,
    function: Json,
    event: Json,
    batch: list[Json],
    queue_url: str,
    queue_name: str,
) -> None:
    depth = 1 + max(lineage.depth_of((message.get("sys") or {}).get(_TRACE, "")) for message in batch)
    if lambda_svc._recursive_loop_drop(mapping["FunctionName"], function, depth) is not None:
        _drop(batch, queue_url)
        return
    context = contextvars.copy_context()
    context.run(lambda_svc._invoke_depth.set, depth)
    context.run(run, mapping, function, event, batch, queue_url, queue_name)


def _drop(batch: list[Json], queue_url: str) -> None:
    redrive = sqs._get_q(queue_url)["attributes"].get("RedrivePolicy")
    target = json.loads(redrive)["deadLetterTargetArn"] if redrive else None
    for message in batch:
        if target:
            queues.put_in_queue(target, message["body"], message["message_attributes"])
    _log.warning("dropped %d messages of a recursive loop from %s", len(batch), queue_url)
    sqs._delete_messages_for_esm(queue_url, {message["receipt_handle"] for message in batch})
