"""Writes the objects of a delivery stream to S3, with the permissions of its role.

An object is written and its records are settled on the server's event loop, in one step between two requests, so that a
saved state never has the one without the other.
"""

import contextvars
import gzip
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from ministack.services import s3

from local_aws import main_loop
from local_aws.services.firehose import prefixes
from local_aws.services.firehose.configuration import Destination
from local_aws.services.firehose.conversion import parquet
from local_aws.services.firehose.error_documents import documents
from local_aws.services.firehose.records import FailedRecord, OutputRecord
from local_aws.services.lambda_ import execution_roles
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
        if destination.is_gzip:
            body = gzip.compress(body, compresslevel=6)
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
            documents(records, now),
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
        resource = f"arn:aws:s3:::{destination.bucket}/{key}"
        if not execution_roles.allows(destination.role_arn, "s3:PutObject", resource):
            raise DeliveryFailed(f"{destination.role_arn} is not allowed s3:PutObject on {resource}")
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
