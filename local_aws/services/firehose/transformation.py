"""Lets a function transform a batch of records.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html: a failed invocation is
repeated three times by default; then all records of the batch fail. The function is invoked as the delivery stream's
role.
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from local_aws.services.firehose.configuration import SERVICE, LambdaProcessor
from local_aws.services.firehose.records import PROCESSING_FAILED, FailedRecord, SourceRecord
from local_aws.services.firehose.responses import BatchFailed, Outcome, outcome_of
from local_aws.services.iam.service_roles import RoleRefuses, require_permission

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 5.0
_ERROR_RESULT = "The Lambda function was successfully invoked but it returned an error result."
_LIMIT = "The Lambda concurrent execution limit is exceeded. Increase the concurrent execution limit."
_DENIED = "Access was denied. Ensure that the access policy allows access to the Lambda function."
_GONE = "The specified Lambda function does not exist. Use a different function that does exist."


def transformed(
    processor: LambdaProcessor,
    stream: dict[str, Any],
    records: list[SourceRecord],
    partition_keys: list[str],
    check_end: Callable[[], None],
) -> Outcome:
    """Transform a batch, with retries; `check_end` raises when the delivery stream must end."""
    attempts = 0
    while True:
        attempts += 1
        try:
            body = _invoke(processor, _event(stream, records))
        except BatchFailed as failure:
            check_end()
            if attempts <= processor.retries:
                time.sleep(min(_FIRST_PAUSE_SECONDS * 2 ** min(attempts - 1, 16), _LONGEST_PAUSE_SECONDS))
                continue
            return _all_failed(records, failure, attempts, processor)
        check_end()
        try:
            return _with_function(outcome_of(records, body, partition_keys), attempts, processor)
        except BatchFailed as failure:
            return _all_failed(records, failure, attempts, processor)


def _event(stream: dict[str, Any], records: list[SourceRecord]) -> dict[str, Any]:
    """The function's event: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesisfirehose.html."""
    return {
        "invocationId": str(uuid.uuid4()),
        "deliveryStreamArn": stream["arn"],
        "sourceKinesisStreamArn": stream["kinesis_source"]["KinesisStreamARN"],
        "region": stream["arn"].split(":")[3],
        "records": [_event_record(record) for record in records],
    }


def _event_record(record: SourceRecord) -> dict[str, Any]:
    arrived_at = int(record.arrived_at * 1000)
    return {
        "recordId": record.id,
        "approximateArrivalTimestamp": arrived_at,
        "data": record.data,
        "kinesisRecordMetadata": {
            "sequenceNumber": str(record.position.sequence),
            "subsequenceNumber": 0,
            "partitionKey": record.partition_key,
            "shardId": record.position.shard,
            "approximateArrivalTimestamp": arrived_at,
        },
    }


def _invoke(processor: LambdaProcessor, event: dict[str, Any]) -> Any:
    """Invoke the function once; returns what it returned."""
    arn = processor.function_arn
    try:
        require_permission(processor.role_arn, SERVICE, "lambda:InvokeFunction", arn)
    except RoleRefuses as error:
        raise BatchFailed("Lambda.InvokeAccessDenied", _DENIED) from error
    _, _, _, region, account, *_ = arn.split(":")
    with request_scope(account, region):
        record, config, _ = lambda_svc._get_func_record_for_ref(arn)
        if record is None or config is None:
            raise BatchFailed("Lambda.ResourceNotFound", _GONE)
        result = lambda_svc._execute_function(lambda_svc._execution_record_for_config(record, config), event)
    if result.get("throttle"):
        raise BatchFailed("Lambda.InvokeLimitExceeded", _LIMIT)
    if result.get("error"):
        raise BatchFailed("Lambda.FunctionError", _ERROR_RESULT)
    body = result.get("body")
    return json.loads(body) if isinstance(body, (str, bytes)) else body


def _all_failed(
    records: list[SourceRecord], failure: BatchFailed, attempts: int, processor: LambdaProcessor
) -> Outcome:
    failed = [FailedRecord(record, PROCESSING_FAILED, failure.code, failure.message) for record in records]
    return _with_function(Outcome(failed=failed), attempts, processor)


def _with_function(outcome: Outcome, attempts: int, processor: LambdaProcessor) -> Outcome:
    """Add to the failed records what their documents say about the function."""
    outcome.failed = [
        FailedRecord(
            source=record.source,
            output_type=record.output_type,
            code=record.code,
            message=record.message,
            attempts=attempts,
            details={"lambdaArn": processor.function_arn},
        )
        for record in outcome.failed
    ]
    return outcome
