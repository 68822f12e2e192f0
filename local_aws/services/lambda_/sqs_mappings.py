"""Refuses the SQS event source mappings that Lambda refuses.

Lambda creates one mapping for a queue and a function. The queue must exist, its visibility timeout must be at least the
function's timeout, the function's role must allow it to receive and delete messages and to get attributes, and a batch
of more than 10 needs a batching window (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html). MiniStack accepts every
mapping, so a missing permission, or a timeout that causes duplicates, would show on AWS only.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc, sqs

from local_aws.hooks import wraps
from local_aws.services.lambda_ import execution_roles

_REQUIRED_ACTIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_LARGEST_WITHOUT_WINDOW = 10


@wraps("ministack.services.lambda_svc:_create_esm")
def _create_unless_refused(create: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> Any:
    return _error_response(data) or create(data)


def _error_response(data: dict[str, Any]) -> Any:
    """The error for a request that Lambda refuses, or None. MiniStack checks the other event sources."""
    arn = data.get("EventSourceArn", "")
    function, config, _ = lambda_svc._get_func_record_for_ref(data.get("FunctionName", ""))
    if ":sqs:" not in arn or function is None:
        return None
    existing_uuid = _existing_mapping(arn, config["FunctionName"])
    if existing_uuid is not None:
        message = (
            f'An event source mapping with SQS arn (" {arn} ") and function (" {config["FunctionName"]} ") '
            f"already exists. Please update or delete the existing mapping with UUID {existing_uuid}"
        )
        return error_response_json("ResourceConflictException", message, 409)
    reason = _invalid_reason(data, arn, config)
    return error_response_json("InvalidParameterValueException", reason, 400) if reason else None


def _existing_mapping(arn: str, name: str) -> str | None:
    for uuid, mapping in list(lambda_svc._esms.items()):
        if (mapping["EventSourceArn"], mapping["FunctionName"]) == (arn, name):
            return str(uuid)
    return None


def _invalid_reason(data: dict[str, Any], arn: str, config: dict[str, Any]) -> str | None:
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        return "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue"
    for action in _REQUIRED_ACTIONS:
        if not execution_roles.allows(config["Role"], f"sqs:{action}", arn):
            return f"The provided execution role does not have permissions to call {action} on SQS"
    visible, timeout = int(queue["attributes"].get("VisibilityTimeout", 30)), int(config["Timeout"])
    if visible < timeout:
        return f"Queue visibility timeout: {visible} seconds is less than Function timeout: {timeout} seconds"
    if data.get("BatchSize", 10) > _LARGEST_WITHOUT_WINDOW and not data.get("MaximumBatchingWindowInSeconds"):
        return "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    return None
