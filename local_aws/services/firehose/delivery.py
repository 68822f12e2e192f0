"""Writes the objects of a delivery stream to S3, with the permissions of its role.

An object is written and its records are settled on the server's event loop, in one step between two requests, so that a
saved state never has the one without the other.
"""

import contextvars
import json
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from ministack.services import s3

from local_aws import main_loop
from local_aws.services.firehose import prefixes
from local_aws.services.firehose.configuration import SERVICE, Destination
from local_aws.services.firehose.conversion import parquet
from local_aws.services.firehose.records import CONVERSION_FAILED, FailedRecord, OutputRecord
from local_aws.services.iam.service_roles import RoleRefuses, require_permission
from local_aws.state import saver

_ERROR_PREFIX = f"!{{firehose:error-output-type}}/{prefixes.DEFAULT_TIME}"
Object = tuple[str, bytes]


class DeliveryFailed(Exception):
    """S3 does not accept an object; the delivery is repeated."""


def objects_of_partition(
    stream: dict[str, Any], destination: Destination, partition: tuple[str, ...], records: list[OutputRecord]
) -> list[Object]:
    """The objects that deliver a partition, as keys with bodies: its data, and documents of records that do not fit."""
    failed: list[FailedRecord] = []
    if destination.conversion is not None:
        body, failed = parquet(destination.conversion, records)
    else:
        body = b"".join(record.data for record in records)
    objects = error_objects(stream, destination, failed)
    if len(failed) < len(records):
        keys = dict(zip(prefixes.partition_keys(destination.prefix), partition, strict=True))
        oldest = min(record.source.arrived_at for record in records)
        prefix = prefixes.evaluated(_prefix(destination), oldest, keys)
        objects.append((f"{prefix}{_name(stream)}{destination.extension}", body))
    return objects


def error_objects(stream: dict[str, Any], destination: Destination, failed: Iterable[FailedRecord]) -> list[Object]:
    """The objects with the documents of failed records, one for each output type."""
    by_type: dict[str, list[FailedRecord]] = {}
    for record in failed:
        by_type.setdefault(record.output_type, []).append(record)
    now = time.time()
    template = destination.error_prefix or destination.prefix + _ERROR_PREFIX
    return [
        (
            prefixes.evaluated(template, min(record.source.arrived_at for record in records), {}, output_type)
            + _name(stream),
            _documents(records, now),
        )
        for output_type, records in by_type.items()
    ]


def write(
    destination: Destination, objects: Iterable[Object], check_end: Callable[[], None], settle: Callable[[], None]
) -> None:
    """Write objects, with their event notifications, and settle their records; `check_end` may raise before that.

    Raises
    ------
    DeliveryFailed
        The bucket is missing, or the role may not write to it.
    """
    new = list(objects)
    for key, _ in new:
        try:
            resource = f"arn:aws:s3:::{destination.bucket}/{key}"
            require_permission(destination.role_arn, SERVICE, "s3:PutObject", resource)
        except RoleRefuses as error:
            raise DeliveryFailed(str(error)) from error
    context = contextvars.copy_context()

    def write_and_settle() -> None:
        check_end()
        _write_all(destination.bucket, new)
        settle()

    main_loop.run_between_requests(lambda: context.run(write_and_settle))
    saver.mark_changed()


def _write_all(bucket: str, objects: list[Object]) -> None:
    for key, body in objects:
        headers = {"content-type": "application/octet-stream", "content-length": str(len(body))}
        status, _, answer = s3._put_object(bucket, key, body, headers)
        if status >= 300:
            raise DeliveryFailed(f"s3://{bucket}/{key}: {answer[:200]!r}")


def _prefix(destination: Destination) -> str:
    """The prefix with the time that Firehose adds to one without."""
    has_time = any(namespace == "timestamp" for namespace, _ in prefixes.expressions(destination.prefix))
    return destination.prefix if has_time or destination.has_partitions else destination.prefix + prefixes.DEFAULT_TIME


def _name(stream: dict[str, Any]) -> str:
    """The end of an object's key: https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html."""
    return f"{stream['name']}-{stream.get('version', 1)}-{datetime.now(UTC):%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}"


def _documents(failed: Iterable[FailedRecord], now: float) -> bytes:
    """The error documents, a line of JSON each; `now` in epoch seconds is when the last attempt ended.

    https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html and
    https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-error-handling.html, which writes the names
    of code and message in another case.
    """
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
