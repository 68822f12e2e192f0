"""SQS event source mappings that Lambda refuses to make.

Lambda makes one mapping of a queue to a function; it needs the queue to exist, its visibility timeout to be no shorter
than the function's timeout, the function's role to be allowed to receive, delete and get attributes, and a batching
window for batches of more than 10 (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html). MiniStack takes everything; a missing
permission or a timeout that delivers twice would show on AWS only. Hooked at `lambda_svc._create_esm`.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc, sqs

from local_aws.hooks import wraps
from local_aws.services.lambda_ import execution_roles

_NEEDED = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_LARGEST_WITHOUT_WINDOW = 10


@wraps("ministack.services.lambda_svc:_create_esm")
def _create_unless_refused(create: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> Any:
    return _refusal(data) or create(data)


def _refusal(data: dict[str, Any]) -> Any:
    """The answer to a request that cannot be granted, or None; what is not about SQS is MiniStack's to check."""
    arn = data.get("EventSourceArn", "")
    function, config, _ = lambda_svc._get_func_record_for_ref(data.get("FunctionName", ""))
    if ":sqs:" not in arn or function is None:
        return None
    existing = _existing(arn, config["FunctionName"])
    if existing is not None:
        message = (
            f'An event source mapping with SQS arn (" {arn} ") and function (" {config["FunctionName"]} ") '
            f"already exists. Please update or delete the existing mapping with UUID {existing}"
        )
        return error_response_json("ResourceConflictException", message, 409)
    reason = _reason(data, arn, config)
    return error_response_json("InvalidParameterValueException", reason, 400) if reason else None


def _existing(arn: str, name: str) -> str | None:
    for uuid, mapping in list(lambda_svc._esms.items()):
        if (mapping["EventSourceArn"], mapping["FunctionName"]) == (arn, name):
            return str(uuid)
    return None


def _reason(data: dict[str, Any], arn: str, config: dict[str, Any]) -> str | None:
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        return "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue"
    for action in _NEEDED:
        if not execution_roles.may(config["Role"], f"sqs:{action}", arn):
            return f"The provided execution role does not have permissions to call {action} on SQS"
    visible, timeout = int(queue["attributes"].get("VisibilityTimeout", 30)), int(config["Timeout"])
    if visible < timeout:
        return f"Queue visibility timeout: {visible} seconds is less than Function timeout: {timeout} seconds"
    if data.get("BatchSize", 10) > _LARGEST_WITHOUT_WINDOW and not data.get("MaximumBatchingWindowInSeconds"):
        return "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    return None
