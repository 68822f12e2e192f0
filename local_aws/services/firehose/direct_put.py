"""PutRecord and PutRecordBatch.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html: up to 500 records, 1,000 KiB a record
and 4 MiB a request. A delivery stream with a Kinesis source accepts no records.
"""

import base64
import binascii
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import firehose

from local_aws.hooks import replaces
from local_aws.services.firehose.delivery_streams import Answer, direct_put_of, invalid
from local_aws.state import saver

_FIREHOSE = "ministack.services.firehose"
_MAX_RECORDS = 500
_MAX_RECORD_BYTES = 1000 * 1024
_MAX_REQUEST_BYTES = 4 * 1024 * 1024
Json = dict[str, Any]


@replaces(f"{_FIREHOSE}:_put_record", f"{_FIREHOSE}:_HANDLERS[PutRecord]")
def _put_record(data: Json) -> Answer:
    record_ids = _put(data.get("DeliveryStreamName") or "", [data.get("Record") or {}])
    if not isinstance(record_ids, list):
        return record_ids
    return json_response({"RecordId": record_ids[0], "Encrypted": False})  # type: ignore[no-any-return]


@replaces(f"{_FIREHOSE}:_put_record_batch", f"{_FIREHOSE}:_HANDLERS[PutRecordBatch]")
def _put_record_batch(data: Json) -> Answer:
    records = data.get("Records") or []
    if not 1 <= len(records) <= _MAX_RECORDS:
        return invalid(f"A request has between 1 and {_MAX_RECORDS} records.")
    record_ids = _put(data.get("DeliveryStreamName") or "", records)
    if not isinstance(record_ids, list):
        return record_ids
    responses = [{"RecordId": record_id} for record_id in record_ids]
    return json_response({"FailedPutCount": 0, "Encrypted": False, "RequestResponses": responses})  # type: ignore[no-any-return]


def _put(name: str, records: list[Json]) -> list[str] | Answer:
    """Put records; returns their ids, or the error."""
    try:
        data = [base64.b64decode(record.get("Data") or "", validate=True) for record in records]
    except (binascii.Error, ValueError):
        return invalid("Data must be base64.")
    if any(len(item) > _MAX_RECORD_BYTES for item in data):
        return invalid(f"A record has at most {_MAX_RECORD_BYTES} bytes.")
    if sum(map(len, data)) > _MAX_REQUEST_BYTES:
        return invalid("Records size exceeds 4 MB limit")
    if name not in firehose._streams:
        return firehose._not_found(name)  # type: ignore[no-any-return]
    target = direct_put_of(name)
    if target is None:
        return invalid("This operation is not permitted on KinesisStreamAsSource delivery stream type.")
    runner, source = target
    if not source.has_room:
        return error_response_json("ServiceUnavailableException", "Slow down.", 503)  # type: ignore[no-any-return]
    record_ids = source.put(data)
    saver.mark_changed()
    runner.wake()
    return record_ids
