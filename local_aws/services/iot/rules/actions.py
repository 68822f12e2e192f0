"""The actions of topic rules that are served: kinesis and sqs, with the permissions of the action's role.

https://docs.aws.amazon.com/iot/latest/developerguide/kinesis-rule-action.html (one PutRecord for each message) and
https://docs.aws.amazon.com/iot/latest/developerguide/sqs-rule-action.html (one SendMessage; no FIFO queues).
"""

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import kinesis, sqs

from local_aws.services.iam.service_roles import RoleRefuses, require_permission
from local_aws.services.iot.rules.message import Message, NoValue

SERVICE = "iot.amazonaws.com"
Parameters = Mapping[str, Any]
# These pass without a change of the rule; every other error is final.
_PASSING_ERRORS = frozenset(
    {
        "InternalFailure",
        "KMSThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestThrottled",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)


class ActionFailed(Exception):
    """An action failed; `may_pass` says whether a retry may succeed."""

    def __init__(self, reason: str, *, may_pass: bool = False) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


def run(action: Mapping[str, Parameters], message: Message, event: Any) -> None:
    """Run one action with what the rule's SELECT made of the message.

    Raises
    ------
    ActionFailed
        The role, the target or a parameter refuses it.
    """
    kind, parameters = next(iter(action.items()))
    try:
        SERVED[kind](parameters, message, event)
    except (RoleRefuses, NoValue) as error:
        raise ActionFailed(str(error)) from error


def resource(action: Mapping[str, Parameters]) -> str:
    """The name of the target, for the error document."""
    kind, parameters = next(iter(action.items()))
    return str(parameters.get({"kinesis": "streamName", "sqs": "queueUrl"}[kind], ""))


def _text(event: Any) -> str:
    return event if isinstance(event, str) else json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def _put_record(parameters: Parameters, message: Message, event: Any) -> None:
    stream = message.filled(parameters["streamName"])
    arn = f"arn:aws:kinesis:{get_region()}:{get_account_id()}:stream/{stream}"
    require_permission(parameters["roleArn"], SERVICE, "kinesis:PutRecord", arn)
    key = message.filled(parameters["partitionKey"]) if parameters.get("partitionKey") else str(uuid.uuid4())
    data = base64.b64encode(_text(event).encode()).decode()
    status, _, body = kinesis._put_record({"StreamName": stream, "PartitionKey": key, "Data": data})
    if status != 200:
        error = json.loads(body)
        _fail(str(error["__type"]), str(error.get("message", "")), status)


def _send_message(parameters: Parameters, message: Message, event: Any) -> None:
    url, text = parameters["queueUrl"], _text(event)
    if str(parameters.get("useBase64", False)).lower() == "true":
        text = base64.b64encode(text.encode()).decode()
    try:
        queue = sqs._get_q(url)
        require_permission(parameters["roleArn"], SERVICE, "sqs:SendMessage", queue["attributes"]["QueueArn"])
        if queue["is_fifo"]:
            raise ActionFailed("FIFO queues are not supported")
        sqs._act_send_message({"MessageBody": text}, url)
    except sqs._Err as error:
        _fail(error.code, error.message, 400)


def _fail(code: str, text: str, status: int) -> None:
    raise ActionFailed(f"{code}: {text}", may_pass=status >= 500 or code in _PASSING_ERRORS)


SERVED: Mapping[str, Callable[[Parameters, Message, Any], None]] = {"kinesis": _put_record, "sqs": _send_message}
