"""Event source mappings of streams that Lambda refuses to make, and what it tells of the others.

A mapping of a stream needs a starting position, a stream that exists, a role that may read it, and settings within
Lambda's limits; there is one of a stream to a function
(https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html). Settings that were not given are told with their
defaults. MiniStack takes everything and tells only what was given; a missing permission would show on AWS only.

Tumbling windows are not in the embedded AWS and are refused rather than ignored.

Hooked at `lambda_svc._create_esm`, `_update_esm` and `_esm_response`, for DynamoDB streams only.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import dynamodb, eventbridge, lambda_svc

from local_aws.hooks import wraps
from local_aws.services.lambda_ import execution_roles
from local_aws.services.lambda_.event_sources.mapping import DEFAULTS

_NEEDED = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
_LIMITS = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "MaximumRetryAttempts": (-1, 10_000),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
}
_YOUNGEST_LIMIT_SECONDS = 60
_DESTINATIONS = ("sqs", "sns", "s3")
Data = dict[str, Any]


@wraps("ministack.services.lambda_svc:_create_esm")
def _create_unless_refused(create: Callable[[Data], Any], data: Data) -> Any:
    if not _is_stream(data.get("EventSourceArn", "")):
        return create(data)
    return _refused_new(data) or create({**data, "BatchSize": data.get("BatchSize", DEFAULTS["BatchSize"])})


@wraps("ministack.services.lambda_svc:_update_esm")
def _update_unless_refused(update: Callable[[str, Data], Any], esm_id: str, data: Data) -> Any:
    mapping = lambda_svc._esms.get(esm_id)
    refused = mapping and _is_stream(mapping["EventSourceArn"]) and _refused_settings(data)
    return refused or update(esm_id, data)


@wraps("ministack.services.lambda_svc:_esm_response")
def _with_defaults(respond: Callable[[Data], Data], mapping: Data) -> Data:
    response = respond(mapping)
    return {**DEFAULTS, **response} if _is_stream(mapping["EventSourceArn"]) else response


def _is_stream(arn: str) -> bool:
    return ":dynamodb:" in arn


def _refused_new(data: Data) -> Any:
    """The answer to a mapping that cannot be made, or None."""
    arn, position = data["EventSourceArn"], data.get("StartingPosition")
    function, config, _ = lambda_svc._get_func_record_for_ref(data.get("FunctionName", ""))
    if function is None:
        return None
    if position is None:
        return _invalid("StartingPosition is required for stream event sources.")
    if position not in ("TRIM_HORIZON", "LATEST"):
        return _invalid(f"Unsupported starting position for the stream event source: {position}")
    return _refused_stream(arn, config) or _duplicate(arn, config["FunctionName"]) or _refused_settings(data)


def _refused_stream(arn: str, config: Data) -> Any:
    parts = arn.split("/")
    table = dynamodb._tables.get(parts[1]) if len(parts) == 4 else None
    if (table is None or table.get("LatestStreamArn") != arn) and arn not in dynamodb._closed_streams:
        return _invalid(f"Stream not found: {arn}")
    if all(_may(config["Role"], action, arn) for action in _NEEDED):
        return None
    return _invalid(
        f"Cannot access stream {arn}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        "DescribeStream, and ListStreams Actions on your stream in IAM."
    )


def _may(role: str, action: str, arn: str) -> bool:
    # ListStreams is about a table's streams: policies name this one or all.
    resources = (arn, f"{arn.rpartition('/')[0]}/*") if action == "ListStreams" else (arn,)
    return any(execution_roles.may(role, f"dynamodb:{action}", resource) for resource in resources)


def _duplicate(arn: str, name: str) -> Any:
    for uuid, mapping in list(lambda_svc._esms.items()):
        if (mapping["EventSourceArn"], mapping["FunctionName"]) == (arn, name):
            message = (
                f'The event source arn (" {arn} ") and function (" {name} ") provided mapping already exists. '
                f"Please update or delete the existing mapping with UUID {uuid}"
            )
            return error_response_json("ResourceConflictException", message, 409)
    return None


def _refused_settings(data: Data) -> Any:
    for name, (least, most) in _LIMITS.items():
        value = data.get(name)
        if value is not None and not least <= value <= most:
            return _out_of_range(name, value, f"between {least} and {most}")
    age = data.get("MaximumRecordAgeInSeconds")
    if age is not None and -1 < age < _YOUNGEST_LIMIT_SECONDS:
        return _out_of_range("MaximumRecordAgeInSeconds", age, f"-1 or at least {_YOUNGEST_LIMIT_SECONDS}")
    if data.get("TumblingWindowInSeconds"):
        return _invalid("Tumbling windows are not in the embedded AWS.")
    return _refused_filter(data) or _refused_destination(data)


def _refused_filter(data: Data) -> Any:
    for given in (data.get("FilterCriteria") or {}).get("Filters") or []:
        if eventbridge._compiled_pattern(given.get("Pattern") or "") is None:
            return _invalid("Invalid filter pattern definition.")
    return None


def _refused_destination(data: Data) -> Any:
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
