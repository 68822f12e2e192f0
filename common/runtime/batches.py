"""Batches of SQS, DynamoDB Streams and Kinesis: a record that fails does not stop the others.

The function's response names the records that failed. SQS delivers these again; a stream delivers again the first of
them with all records after it. So handling a record twice must do no harm.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

import base64
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from common.errors import Refused, TryAgain

# Errors that come back each time: faults of our own, and what AWS refuses for its content. Other errors of AWS and
# those of the network pass, or an operator repairs their cause, such as a missing permission.
PERMANENT = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Refused)
Record = Mapping[str, Any]
Value = TypeVar("Value")
Outcome = TypeVar("Outcome")


class DeadLetters(Protocol):
    """Keeps records that can never be handled."""

    def put(self, record: Record, reason: str) -> None:
        """Keep which record it was, and why it was given up."""


class Batch:
    """One batch, and which of its records have failed.

    A function that handles each record by itself calls `handle_each`. One that handles several records together reads
    them first::

        batch = Batch(event.to_dict()["Records"], log, dead_letters)
        for record, change in batch.read(change_of):
            batch.handle(record, publisher.publish, change)
        return batch.response()

    Parameters
    ----------
    dead_letters
        Gets the records that cannot be read. Without it such a record fails like any other: its event source gives it
        up after as many attempts as it is configured for.
    """

    def __init__(self, records: Sequence[Record], log: logging.Logger, dead_letters: DeadLetters | None = None) -> None:
        self._records = records
        self._log = log
        self._dead_letters = dead_letters
        self._failed: dict[str, None] = {}
        self._failed_groups: set[str] = set()

    def read(self, read: Callable[[Record], Value]) -> list[tuple[Record, Value]]:
        """Read every record; those that cannot be read are given up."""
        values = []
        for record in self._records:
            try:
                values.append((record, read(record)))
            except Exception as error:
                if self._dead_letters is None:
                    self._fail(record, error)
                else:
                    self.give_up(record, f"{type(error).__name__}: {error}")
        return values

    def handle(
        self,
        record: Record,
        work: Callable[[Value], Outcome],
        value: Value,
        permanent: tuple[type[Exception], ...] = (),
    ) -> Outcome | None:
        """Call `work` with a record's value; None if it raises, and then the record has failed.

        After a `permanent` error the record is given up: in a stream it would hold up those after it for hours.

        A message of a FIFO queue fails without being handled after another of its group, which SQS delivers first.
        https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        """
        if _group(record) in self._failed_groups:
            self._failed[identifier(record)] = None
            return None
        try:
            return work(value)
        except Exception as error:
            if isinstance(error, permanent):
                self._log.error("record cannot be handled", exc_info=error, extra={"recordId": identifier(record)})
                self.give_up(record, f"{type(error).__name__}: {error}")
            else:
                self._fail(record, error)
            return None

    def fail(self, record: Record, error: Exception) -> None:
        """Let a record fail that was handled together with others."""
        self._log.warning("record failed", extra={"recordId": identifier(record), "error": repr(error)})
        self._failed[identifier(record)] = None

    def give_up(self, record: Record, reason: str) -> None:
        """Put a record that can never be handled into the dead letters; the record fails if that fails."""
        if self._dead_letters is None:
            raise LookupError("this batch has no dead letters")
        self._log.warning("record given up", extra={"recordId": identifier(record), "reason": reason})
        try:
            self._dead_letters.put(record, reason)
        except Exception as error:
            self._fail(record, error)

    def response(self) -> dict[str, Any]:
        """Return the function's response, which names the failed records."""
        return {"batchItemFailures": [{"itemIdentifier": failed} for failed in self._failed]}

    def has_failed(self, record: Record) -> bool:
        """Whether a record has failed."""
        return identifier(record) in self._failed

    def _fail(self, record: Record, error: Exception) -> None:
        """Let a record fail. A race that another attempt ends is one line in the log, and no error."""
        fields: dict[str, Any] = {"recordId": identifier(record)}
        if receives := (record.get("attributes") or {}).get("ApproximateReceiveCount"):
            fields["receives"] = receives
        if isinstance(error, TryAgain):
            self._log.warning("record to be tried again", extra={**fields, "error": repr(error)})
        else:
            self._log.error("record failed", exc_info=error, extra=fields)
        self._failed[identifier(record)] = None
        if group := _group(record):
            self._failed_groups.add(group)


def handle_each(records: Sequence[Record], handle: Callable[[Record], object], log: logging.Logger) -> dict[str, Any]:
    """Call `handle` with each record, log a line for each, and return the function's response."""
    batch = Batch(records, log)
    for record in records:
        started = time.perf_counter()
        batch.handle(record, handle, record)
        if not batch.has_failed(record):
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            log.info("record handled", extra={"recordId": identifier(record), "ms": milliseconds})
    return batch.response()


def identifier(record: Record) -> str:
    """Return what the response names a record by: a sequence number of a stream, a message's id of SQS."""
    if "dynamodb" in record:
        return str(record["dynamodb"]["SequenceNumber"])
    return str(record["kinesis"]["sequenceNumber"] if "kinesis" in record else record["messageId"])


def _group(record: Record) -> str:
    """Return the group of a message of a FIFO queue; empty for any other record."""
    return str((record.get("attributes") or {}).get("MessageGroupId", ""))


def kinesis_data(record: Record) -> bytes:
    """Return the bytes that a producer has put into a Kinesis stream."""
    return base64.b64decode(record["kinesis"]["data"])
