"""What a transformation function has returned, checked as Firehose does.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html: a record has its id, a result and
data in base64. A record that is missing in the response fails; an invalid response fails the whole batch. The codes are
those of https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from local_aws.services.firehose.records import PROCESSING_FAILED, FailedRecord, OutputRecord, SourceRecord

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: a synchronous invocation's payloads.
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
_RESULTS = ("Ok", "Dropped", "ProcessingFailed")
_FORMAT = (
    "Check your function and make sure the output is in required format. In addition to that, make sure the processed "
    "records contain valid result status of Dropped, Ok, or ProcessingFailed"
)
_DUPLICATED = (
    "Multiple records were returned with the same record ID. Ensure that the Lambda function returns unique record IDs "
    "for each record."
)
_MISSING = "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids."


class BatchFailed(Exception):
    """All records of a batch fail with this code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Outcome:
    """What becomes of the records of a batch; a record that is in no list was dropped."""

    delivered: list[OutputRecord] = field(default_factory=list)
    failed: list[FailedRecord] = field(default_factory=list)


def outcome_of(records: Iterable[SourceRecord], body: Any, partition_keys: list[str]) -> Outcome:
    """What becomes of the records of a batch.

    Raises
    ------
    BatchFailed
        The response is not valid.
    """
    results = _results_by_id(body)
    outcome = Outcome()
    for record in records:
        result = results.get(record.id)
        if result is None:
            outcome.failed.append(FailedRecord(record, PROCESSING_FAILED, "Lambda.MissingRecordId", _MISSING))
        elif result["result"] == "ProcessingFailed":
            code, message = "Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record"
            outcome.failed.append(FailedRecord(record, PROCESSING_FAILED, code, message))
        elif result["result"] == "Ok":
            _add_ok(record, result, partition_keys, outcome)
    return outcome


def _results_by_id(body: Any) -> dict[str, dict[str, Any]]:
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list) or not all(_is_valid(result) for result in records) or _is_too_large(body):
        raise BatchFailed("Lambda.FunctionError", _FORMAT)
    results = {result["recordId"]: result for result in records}
    if len(results) != len(records):
        raise BatchFailed("Lambda.DuplicatedRecordId", _DUPLICATED)
    return results


def _is_valid(result: Any) -> bool:
    if not isinstance(result, dict) or not isinstance(result.get("recordId"), str):
        return False
    needs_data = result.get("result") == "Ok"
    return result.get("result") in _RESULTS and (isinstance(result.get("data"), str) or not needs_data)


def _is_too_large(body: dict[str, Any]) -> bool:
    data = sum(len(result.get("data") or "") for result in body["records"])
    # The whole text is only made for a response that may be too large.
    return data > MAX_PAYLOAD_BYTES or (
        data + 1024 * len(body["records"]) > MAX_PAYLOAD_BYTES and len(json.dumps(body)) > MAX_PAYLOAD_BYTES
    )


def _add_ok(record: SourceRecord, result: dict[str, Any], partition_keys: list[str], outcome: Outcome) -> None:
    try:
        data = base64.b64decode(result["data"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BatchFailed("Lambda.FunctionError", _FORMAT) from error
    partition: tuple[str, ...] = ()
    if partition_keys:
        keys = (result.get("metadata") or {}).get("partitionKeys") or {}
        partition = tuple(str(keys.get(name) or "") for name in partition_keys)
        if not all(partition):
            message = f"partitionKeys must have a value for each of {', '.join(partition_keys)}"
            code = "DynamicPartitioning.MetadataExtractionFailed"
            outcome.failed.append(FailedRecord(record, PROCESSING_FAILED, code, message))
            return
    outcome.delivered.append(OutputRecord(record.without_data(), data, partition))
