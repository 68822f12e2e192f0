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
from local_aws.services.iot.rules.message import Message
from local_aws.services.iot.rules.statements import NoValue, filled
from local_aws.services.kinesis import writes

SERVICE = "iot.amazonaws.com"
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
Parameters = Mapping[str, Any]


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
    return event if isinstance(event, str) else _encode(event)


def _put_record(parameters: Parameters, message: Message, event: Any) -> None:
    name = filled(parameters["streamName"], message)
    arn = f"arn:aws:kinesis:{get_region()}:{get_account_id()}:stream/{name}"
    require_permission(parameters["roleArn"], SERVICE, "kinesis:PutRecord", arn)
    key = filled(parameters["partitionKey"], message) if parameters.get("partitionKey") else str(uuid.uuid4())
    stream = kinesis._streams.get(name)
    if stream is None:
        raise ActionFailed(f"ResourceNotFoundException: there is no stream {name}")
    try:
        (result,) = writes.put(stream, [writes.new_record_of(key, _text(event).encode())])
    except writes.InvalidRecord as refusal:
        raise ActionFailed(f"{refusal.code}: {refusal}") from refusal
    if result.sequence_number is None:
        reason = f"ProvisionedThroughputExceededException: rate exceeded for {result.shard_id} in stream {name}"
        raise ActionFailed(reason, may_pass=True)


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
        raise ActionFailed(f"{error.code}: {error.message}") from error


SERVED: Mapping[str, Callable[[Parameters, Message, Any], None]] = {"kinesis": _put_record, "sqs": _send_message}
