"""Refuses the stream event source mappings that Lambda refuses, and returns default settings.

A mapping of a stream needs a starting position, a stream that exists, a role that may read it, and settings within
Lambda's limits. Lambda creates one mapping for a stream and a function
(https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html). Responses include the defaults of missing
settings. MiniStack accepts every mapping, so a missing permission would show on AWS only, and returns no defaults.

The embedded AWS does not support tumbling windows and refuses them. These checks are for DynamoDB streams only.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import dynamodb, eventbridge, lambda_svc

from local_aws.hooks import wraps
from local_aws.services.lambda_ import execution_roles
from local_aws.services.lambda_.event_sources.mapping_settings import DEFAULTS

_REQUIRED_ACTIONS = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
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
    return _check_new_mapping(data) or create({**data, "BatchSize": data.get("BatchSize", DEFAULTS["BatchSize"])})


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
    return ":dynamodb:" in arn


def _check_new_mapping(data: Data) -> Any:
    """The error for a new mapping that Lambda refuses, or None."""
    arn, position = data["EventSourceArn"], data.get("StartingPosition")
    function, config, _ = lambda_svc._get_func_record_for_ref(data.get("FunctionName", ""))
    if function is None:
        return None
    if position is None:
        return _invalid("StartingPosition is required for stream event sources.")
    if position not in ("TRIM_HORIZON", "LATEST"):
        return _invalid(f"Unsupported starting position for the stream event source: {position}")
    return _check_stream(arn, config) or _check_duplicate(arn, config["FunctionName"]) or _check_settings(data)


def _check_stream(arn: str, config: Data) -> Any:
    parts = arn.split("/")
    table = dynamodb._tables.get(parts[1]) if len(parts) == 4 else None
    if (table is None or table.get("LatestStreamArn") != arn) and arn not in dynamodb._closed_streams:
        return _invalid(f"Stream not found: {arn}")
    if all(_role_allows(config["Role"], action, arn) for action in _REQUIRED_ACTIONS):
        return None
    return _invalid(
        f"Cannot access stream {arn}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        "DescribeStream, and ListStreams Actions on your stream in IAM."
    )


def _role_allows(role: str, action: str, arn: str) -> bool:
    # ListStreams applies to all streams of a table: a policy may name this stream or all of them.
    resources = (arn, f"{arn.rpartition('/')[0]}/*") if action == "ListStreams" else (arn,)
    return any(execution_roles.allows(role, f"dynamodb:{action}", resource) for resource in resources)


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
