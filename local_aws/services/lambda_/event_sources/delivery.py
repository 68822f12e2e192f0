"""Delivers one batch of a stream until it is processed or discarded, with Lambda's retries.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html: a throttled batch is retried until
its records are too old; a failed batch until they are too old or the retries are exhausted. Bisecting a batch uses no
retry. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html: records
before the first failed one are processed; with bisection the batch is split there.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from local_aws.services.lambda_.event_sources.invocation_result import InvocationResult
from local_aws.services.lambda_.event_sources.mapping_settings import MappingSettings
from local_aws.services.lambda_.event_sources.source import Record

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"


@dataclass(frozen=True)
class SubBatch:
    """Records that are delivered together: a batch, or a part of a bisected one."""

    records: list[Record]
    failures: int = 0
    invocations: int = 0
    last: InvocationResult | None = None


class DeliveryActions(Protocol):
    """The actions that a delivery calls; a consumer implements them."""

    def settings(self) -> MappingSettings:
        """The mapping's current settings; raises when the delivery must end."""

    def invoke(self, records: list[Record]) -> InvocationResult:
        """Invoke the function."""

    def discard(self, sub_batch: SubBatch, condition: str) -> None:
        """Discard records, and report them to the mapping's destination."""

    def advance_to(self, sequence: int) -> None:
        """Note that everything up to this record is processed or discarded."""

    def pause(self, attempts: int) -> None:
        """Wait before the next attempt; the wait grows with the attempts."""


def deliver(records: list[Record], actions: DeliveryActions, now: Callable[[], float] = time.time) -> None:
    """Deliver a batch in order until each record is processed or discarded."""
    waiting = deque([SubBatch(records)])
    while waiting:
        sub_batch, settings = waiting.popleft(), actions.settings()
        remaining = _discard_expired(sub_batch, settings, actions, now())
        if remaining.records:
            after = _invoke(remaining, settings, actions)
            waiting.extendleft(reversed(after))


def _discard_expired(sub_batch: SubBatch, settings: MappingSettings, actions: DeliveryActions, now: float) -> SubBatch:
    """Discard the records that are too old; returns the sub-batch without them."""
    if settings.max_age_seconds is None:
        return sub_batch
    oldest = now - settings.max_age_seconds
    count = next(
        (i for i, record in enumerate(sub_batch.records) if record.arrived_at >= oldest), len(sub_batch.records)
    )
    if count:
        _discard(_with(sub_batch, sub_batch.records[:count]), TOO_OLD, actions)
    return _with(sub_batch, sub_batch.records[count:])


def _invoke(sub_batch: SubBatch, settings: MappingSettings, actions: DeliveryActions) -> list[SubBatch]:
    """Invoke the function once; returns the sub-batches to deliver next."""
    invocation_result = actions.invoke(sub_batch.records)
    if invocation_result.failed_from is None:
        actions.advance_to(sub_batch.records[-1].sequence)
        return []
    if invocation_result.is_throttled:
        actions.pause(sub_batch.failures + 1)
        return [sub_batch]
    return _after_failure(sub_batch, invocation_result, settings, actions)


def _after_failure(
    sub_batch: SubBatch, invocation_result: InvocationResult, settings: MappingSettings, actions: DeliveryActions
) -> list[SubBatch]:
    done = invocation_result.failed_from or 0
    if done:
        actions.advance_to(sub_batch.records[done - 1].sequence)
    rest, invocations = sub_batch.records[done:], sub_batch.invocations + 1
    if settings.bisects and len(sub_batch.records) > 1:
        pieces = [rest] if done else [rest[: len(rest) // 2], rest[len(rest) // 2 :]]
        actions.pause(1)
        return [SubBatch(piece, sub_batch.failures, invocations, invocation_result) for piece in pieces]
    failed = SubBatch(rest, 1 if done else sub_batch.failures + 1, invocations, invocation_result)
    if settings.max_retries is not None and failed.failures > settings.max_retries:
        _discard(failed, RETRIES_EXHAUSTED, actions)
        return []
    actions.pause(failed.failures)
    return [failed]


def _discard(sub_batch: SubBatch, condition: str, actions: DeliveryActions) -> None:
    actions.discard(sub_batch, condition)
    actions.advance_to(sub_batch.records[-1].sequence)


def _with(sub_batch: SubBatch, records: list[Record]) -> SubBatch:
    return SubBatch(records, sub_batch.failures, sub_batch.invocations, sub_batch.last)
