"""Refuses the stream event source mappings that Lambda refuses, and returns default settings.

A mapping of a stream needs a starting position, a stream that exists, a role that may read it, and settings within
Lambda's limits. Lambda creates one mapping for a stream and a function
(https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html). Responses include the defaults of
missing settings. MiniStack accepts every mapping, so a missing permission would show on AWS only, and returns no
defaults.

The embedded AWS does not support tumbling windows and refuses them.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import dynamodb, eventbridge, kinesis, lambda_svc

from local_aws.hooks import wraps
from local_aws.services.lambda_ import execution_roles
from local_aws.services.lambda_.event_sources.mapping_settings import DEFAULTS

_REQUIRED_ACTIONS = {
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"),
    # https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html, which also names SubscribeToShard: only
    # consumers with enhanced fan-out need that.
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "DescribeStreamSummary", "ListShards"),
}
_POSITIONS = {
    "dynamodb": ("TRIM_HORIZON", "LATEST"),
    "kinesis": ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"),
}
_LIMITS = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "MaximumRetryAttempts": (-1, 10_000),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
}
_MIN_RECORD_AGE_SECONDS = 60
_DESTINATIONS = ("sqs", "sns", "s3")
Data = dict[str, Any]


@wraps("ministack.services.lambda_svc:_create_esm")
def _create_unless_refused(create: Callable[[Data], Any], data: Data) -> Any:
    if not _is_stream(data.get("EventSourceArn", "")):
        return create(data)
    refusal = _check_new_mapping(data)
    if refusal:
        return refusal
    answer = create({**data, "BatchSize": data.get("BatchSize", DEFAULTS["BatchSize"])})
    return _with_timestamp(answer, data.get("StartingPositionTimestamp"))


def _with_timestamp(answer: Any, timestamp: float | None) -> Any:
    status, headers, body = answer
    if timestamp is None or status >= HTTPStatus.BAD_REQUEST:
        return answer
    mapping = lambda_svc._esms[json.loads(body)["UUID"]]
    mapping["StartingPositionTimestamp"] = timestamp
    return status, headers, json.dumps(lambda_svc._esm_response(mapping)).encode()


@wraps("ministack.services.lambda_svc:_update_esm")
def _update_unless_refused(update: Callable[[str, Data], Any], esm_id: str, data: Data) -> Any:
    mapping = lambda_svc._esms.get(esm_id)
    error = mapping and _is_stream(mapping["EventSourceArn"]) and _check_settings(data)
    return error or update(esm_id, data)


@wraps("ministack.services.lambda_svc:_esm_response")
def _with_defaults(respond: Callable[[Data], Data], mapping: Data) -> Data:
    response = respond(mapping)
    return {**DEFAULTS, **response} if _is_stream(mapping["EventSourceArn"]) else response


def _is_stream(arn: str) -> bool:
    return _service(arn) in _REQUIRED_ACTIONS


def _service(arn: str) -> str:
    return "".join(arn.split(":")[2:3])


def _check_new_mapping(data: Data) -> Any:
    """The error for a new mapping that Lambda refuses, or None."""
    arn, position = data["EventSourceArn"], data.get("StartingPosition")
    function, config, _ = lambda_svc._get_func_record_for_ref(data.get("FunctionName", ""))
    if function is None:
        return None
    if position is None:
        return _invalid("StartingPosition is required for stream event sources.")
    if position not in _POSITIONS[_service(arn)]:
        return _invalid(f"Unsupported starting position for the stream event source: {position}")
    if (position == "AT_TIMESTAMP") != ("StartingPositionTimestamp" in data):
        return _invalid("StartingPositionTimestamp is required with AT_TIMESTAMP, and with no other StartingPosition.")
    return _check_stream(arn, config) or _check_duplicate(arn, config["FunctionName"]) or _check_settings(data)


def _check_stream(arn: str, config: Data) -> Any:
    service = _service(arn)
    exists = _table_stream_exists(arn) if service == "dynamodb" else kinesis._resolve_stream_by_arn(arn) is not None
    if not exists:
        return _invalid(f"Stream not found: {arn}")
    *actions, last = _REQUIRED_ACTIONS[service]
    if all(_role_allows(config["Role"], f"{service}:{action}", arn) for action in (*actions, last)):
        return None
    return _invalid(
        f"Cannot access stream {arn}. Please ensure the role can perform the {', '.join(actions)}, and {last} Actions "
        "on your stream in IAM."
    )


def _table_stream_exists(arn: str) -> bool:
    parts = arn.split("/")
    table = dynamodb._tables.get(parts[1]) if len(parts) == 4 else None
    return (table is not None and table.get("LatestStreamArn") == arn) or arn in dynamodb._closed_streams


def _role_allows(role: str, action: str, arn: str) -> bool:
    # ListStreams applies to all streams of a table: a policy may name this stream or all of them.
    resources = (arn, f"{arn.rpartition('/')[0]}/*") if action.endswith(":ListStreams") else (arn,)
    return any(execution_roles.allows(role, action, resource) for resource in resources)


def _check_duplicate(arn: str, name: str) -> Any:
    for uuid, mapping in list(lambda_svc._esms.items()):
        if (mapping["EventSourceArn"], mapping["FunctionName"]) == (arn, name):
            message = (
                f'The event source arn (" {arn} ") and function (" {name} ") provided mapping already exists. '
                f"Please update or delete the existing mapping with UUID {uuid}"
            )
            return error_response_json("ResourceConflictException", message, 409)
    return None


def _check_settings(data: Data) -> Any:
    for name, (least, most) in _LIMITS.items():
        value = data.get(name)
        if value is not None and not least <= value <= most:
            return _out_of_range(name, value, f"between {least} and {most}")
    age = data.get("MaximumRecordAgeInSeconds")
    if age is not None and -1 < age < _MIN_RECORD_AGE_SECONDS:
        return _out_of_range("MaximumRecordAgeInSeconds", age, f"-1 or at least {_MIN_RECORD_AGE_SECONDS}")
    if data.get("TumblingWindowInSeconds"):
        return _invalid("The embedded AWS does not support tumbling windows.")
    return _check_filter(data) or _check_destination(data)


def _check_filter(data: Data) -> Any:
    for event_filter in (data.get("FilterCriteria") or {}).get("Filters") or []:
        if eventbridge._compiled_pattern(event_filter.get("Pattern") or "") is None:
            return _invalid("Invalid filter pattern definition.")
    return None


def _check_destination(data: Data) -> Any:
    arn = ((data.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if arn and arn.split(":")[2:3][0] not in _DESTINATIONS:
        return _invalid(f"The destination ARN {arn} is invalid.")
    return None


def _out_of_range(name: str, value: Any, expected: str) -> Any:
    field = name[0].lower() + name[1:]
    what = f"Value '{value}' at '{field}' failed to satisfy constraint"
    message = f"1 validation error detected: {what}: Member must be {expected}"
    return error_response_json("ValidationException", message, 400)


def _invalid(message: str) -> Any:
    return error_response_json("InvalidParameterValueException", message, 400)
