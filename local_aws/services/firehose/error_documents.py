"""The documents of records that failed, one line of JSON each.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html and
https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-error-handling.html, which writes the names of
code and message in another case.
"""

import json
from collections.abc import Iterable

from local_aws.services.firehose.records import CONVERSION_FAILED, FailedRecord


def documents(failed: Iterable[FailedRecord], now: float) -> bytes:
    """The error documents; `now` in epoch seconds is when the last attempt ended."""
    return "".join(json.dumps(_document(record, now)) + "\n" for record in failed).encode()


def _document(record: FailedRecord, now: float) -> dict[str, object]:
    is_conversion = record.output_type == CONVERSION_FAILED
    code, message = ("ErrorCode", "ErrorMessage") if is_conversion else ("errorCode", "errorMessage")
    return {
        "attemptsMade": record.attempts,
        "arrivalTimestamp": int(record.source.arrived_at * 1000),
        code: record.code,
        message: record.message,
        "attemptEndingTimestamp": int(now * 1000),
        "rawData": record.source.data if record.raw is None else record.raw,
        **record.details,
    }
