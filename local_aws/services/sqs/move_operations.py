"""StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask, which MiniStack does not have.

The source must be the dead-letter queue of another queue; a queue that only gets the failed events of Lambda or SNS is
refused (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html). The
caller also needs the permissions to receive and delete messages of the source and to send to the destination
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html).
"""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id
from ministack.services import sqs

from local_aws import main_loop
from local_aws.hooks import prepares, wraps
from local_aws.services.sqs.message_moves import MoveTask, Queue, count_visible
from local_aws.settings import Settings

_PREFIX = "AmazonSQS."
_OPERATIONS = ("StartMessageMoveTask", "ListMessageMoveTasks", "CancelMessageMoveTask")
_SOURCE_ACTIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_MOST_PER_SECOND = 500
_MOST_LISTED = 10
_KEPT = 100
Data = dict[str, Any]
# The tasks of this process, the newest last.
_tasks: list[MoveTask] = []


@prepares
def _register(settings: Settings) -> None:
    main_loop.call_before_stop(_end_all)
    sqs._HANDLERS.update(dict(zip(_OPERATIONS, (_start, _list, _cancel), strict=True)))


def _end_all() -> None:
    for task in _tasks:
        task.end()


def _start(data: Data, url: str) -> Data:
    source_arn, destination_arn = data.get("SourceArn", ""), data.get("DestinationArn")
    source = _existing(source_arn, "SourceArn")
    if not any(_dead_letter_target(queue) == source_arn for queue in sqs._queues.values()):
        raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    if destination_arn is not None:
        _check_destination(source_arn, source, destination_arn)
    per_second = data.get("MaxNumberOfMessagesPerSecond")
    if per_second is not None and not 1 <= int(per_second) <= _MOST_PER_SECOND:
        message = f"Value {per_second} for parameter MaxNumberOfMessagesPerSecond is invalid."
        raise sqs._Err("InvalidParameterValue", f"{message} Reason: Must be between 1 and {_MOST_PER_SECOND}.")
    if any(task.is_active for task in _tasks_of(source_arn)):
        message = "There is already a task running. Only one active task is allowed for a source queue arn."
        raise sqs._Err("InvalidParameterValue", message)
    task = MoveTask(source_arn, destination_arn, per_second and int(per_second), count_visible(source))
    _tasks.append(task)
    del _tasks[:-_KEPT]
    task.start()
    return {"TaskHandle": task.handle}


def _check_destination(source_arn: str, source: Queue, destination_arn: str) -> None:
    destination = _existing(destination_arn, "DestinationArn")
    if destination_arn == source_arn:
        raise sqs._Err("InvalidParameterValue", "Source queue arn and destination queue arn cannot be the same.")
    if destination["is_fifo"] != source["is_fifo"]:
        raise sqs._Err("InvalidParameterValue", "Source and destination queue must be of the same type.")


def _list(data: Data, url: str) -> Data:
    source_arn, most = data.get("SourceArn", ""), int(data.get("MaxResults") or 1)
    _existing(source_arn, "SourceArn")
    if not 1 <= most <= _MOST_LISTED:
        message = f"Value {most} for parameter MaxResults is invalid. Reason: Must be between 1 and {_MOST_LISTED}."
        raise sqs._Err("InvalidParameterValue", message)
    return {"Results": [_described(task) for task in list(_tasks_of(source_arn))[::-1][:most]]}


def _cancel(data: Data, url: str) -> Data:
    handle = data.get("TaskHandle", "")
    task = next((task for task in _tasks if task.handle == handle), None)
    if task is None:
        raise sqs._Err("ResourceNotFoundException", "Task does not exist.", 404)
    if task.status != "RUNNING":
        raise sqs._Err("UnsupportedOperation", "Only active tasks can be cancelled.")
    task.status = "CANCELLING"
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def _existing(arn: str, parameter: str) -> Queue:
    queue: Queue | None = sqs._queue_by_arn(arn)
    if queue is None:
        message = f"The resource that you specified for the {parameter} parameter doesn't exist."
        raise sqs._Err("ResourceNotFoundException", message, 404)
    return queue


def _dead_letter_target(queue: Queue) -> Any:
    return json.loads(queue["attributes"].get("RedrivePolicy") or "{}").get("deadLetterTargetArn")


def _tasks_of(source_arn: str) -> Iterator[MoveTask]:
    return (task for task in _tasks if task.source_arn == source_arn)


def _described(task: MoveTask) -> Data:
    optional = {
        "TaskHandle": task.handle if task.status == "RUNNING" else None,
        "DestinationArn": task.destination_arn,
        "MaxNumberOfMessagesPerSecond": task.per_second,
        "FailureReason": task.failure or None,
    }
    return {
        "Status": task.status,
        "SourceArn": task.source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": int(task.started_at * 1000),
        **{name: value for name, value in optional.items() if value is not None},
    }


@wraps("ministack.core.iam_actions:extract_resource_arn")
def _source_arn(
    arn_of: Callable[..., str],
    service: str,
    method: str,
    path: str,
    headers: Data,
    body: bytes,
    *rest: Any,
    **named: Any,
) -> str:
    if service == "sqs" and _operation(headers):
        return _source(body) or "*"
    return arn_of(service, method, path, headers, body, *rest, **named)


@wraps("ministack.services.sqs:handle_request")
async def _with_permissions(
    handle: Callable[..., Any], method: str, path: str, headers: Data, body: bytes, query_params: Data
) -> Any:
    """Refuse a caller who may not do what the task does. IAM checked the operation itself already."""
    if operation := _operation(headers):
        key = extract_access_key_id(headers, query_params)
        for action, arn in _additional_checks(operation, body):
            if iam_evaluator.enforce(key, action, "sqs", get_region(), arn) is not None:
                return sqs._json_err_resp("AccessDenied", f"The caller may not perform {action.lower()} on {arn}.", 403)
    return await handle(method, path, headers, body, query_params)


def _operation(headers: Data) -> str | None:
    name = headers.get("x-amz-target", "").removeprefix(_PREFIX)
    return name if name in _OPERATIONS else None


def _source(body: bytes) -> str:
    """The source queue that a request names, by its ARN or in a task handle."""
    if arn := iam_actions._safe_json_field(body, "SourceArn"):
        return str(arn)
    try:
        return str(json.loads(base64.b64decode(iam_actions._safe_json_field(body, "TaskHandle")))["sourceArn"])
    except (ValueError, TypeError, KeyError):
        return ""


def _additional_checks(operation: str, body: bytes) -> Iterator[tuple[str, str]]:
    source = _source(body)
    yield from ((f"sqs:{action}", source) for action in _SOURCE_ACTIONS)
    if operation == "StartMessageMoveTask":
        destination = iam_actions._safe_json_field(body, "DestinationArn")
        queues = list(sqs._queues.values())
        origins = [q["attributes"]["QueueArn"] for q in queues if _dead_letter_target(q) == source]
        yield from (("sqs:SendMessage", str(arn)) for arn in ([destination] if destination else origins))
