"""Delivers one batch of a stream until it is processed or discarded, by Lambda's rules for retries.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html: what was not invoked (throttling) is tried
until the records are too old; what failed, until they are too old or the retries are used up; splitting a batch uses up
no retry. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html: what comes before the
first failed record is done; with bisection the batch is split there.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from local_aws.services.lambda_.event_sources.invocation_result import InvocationResult
from local_aws.services.lambda_.event_sources.mapping import Settings
from local_aws.services.lambda_.event_sources.source import Record

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"


@dataclass(frozen=True)
class SubBatch:
    """Records that are tried together."""

    records: list[Record]
    failures: int = 0
    invocations: int = 0
    last: InvocationResult | None = None


class DeliveryActions(Protocol):
    """What a delivery acts on."""

    def settings(self) -> Settings:
        """The mapping's settings as they are now; raises when the delivery is to end here."""

    def invoke(self, records: list[Record]) -> InvocationResult:
        """Call the function."""

    def discard(self, sub_batch: SubBatch, condition: str) -> None:
        """Give up on records, and tell the mapping's destination."""

    def passed(self, sequence: int) -> None:
        """Everything up to this record is processed or discarded."""

    def pause(self, attempts: int) -> None:
        """Wait before the next attempt, longer after more."""


def deliver(records: list[Record], actions: DeliveryActions, now: Callable[[], float] = time.time) -> None:
    """Bring a batch to its end, in order."""
    waiting = deque([SubBatch(records)])
    while waiting:
        sub_batch, settings = waiting.popleft(), actions.settings()
        young = _young(sub_batch, settings, actions, now())
        if young.records:
            after = _tried(young, settings, actions)
            waiting.extendleft(reversed(after))


def _young(sub_batch: SubBatch, settings: Settings, actions: DeliveryActions, now: float) -> SubBatch:
    """The sub-batch without the records that are too old, which are discarded."""
    if settings.most_age_seconds is None:
        return sub_batch
    oldest = now - settings.most_age_seconds
    count = next(
        (i for i, record in enumerate(sub_batch.records) if record.arrived_at >= oldest), len(sub_batch.records)
    )
    if count:
        _discard(_with(sub_batch, sub_batch.records[:count]), TOO_OLD, actions)
    return _with(sub_batch, sub_batch.records[count:])


def _tried(sub_batch: SubBatch, settings: Settings, actions: DeliveryActions) -> list[SubBatch]:
    """Invoke the function once; returns what is to be tried next."""
    outcome = actions.invoke(sub_batch.records)
    if outcome.failed_from is None:
        actions.passed(sub_batch.records[-1].sequence)
        return []
    if outcome.is_throttled:
        actions.pause(sub_batch.failures + 1)
        return [sub_batch]
    return _after_failure(sub_batch, outcome, settings, actions)


def _after_failure(
    sub_batch: SubBatch, outcome: InvocationResult, settings: Settings, actions: DeliveryActions
) -> list[SubBatch]:
    done = outcome.failed_from or 0
    if done:
        actions.passed(sub_batch.records[done - 1].sequence)
    rest, invocations = sub_batch.records[done:], sub_batch.invocations + 1
    if settings.bisects and len(sub_batch.records) > 1:
        pieces = [rest] if done else [rest[: len(rest) // 2], rest[len(rest) // 2 :]]
        actions.pause(1)
        return [SubBatch(piece, sub_batch.failures, invocations, outcome) for piece in pieces]
    failed = SubBatch(rest, 1 if done else sub_batch.failures + 1, invocations, outcome)
    if settings.most_retries is not None and failed.failures > settings.most_retries:
        _discard(failed, RETRIES_EXHAUSTED, actions)
        return []
    actions.pause(failed.failures)
    return [failed]


def _discard(sub_batch: SubBatch, condition: str, actions: DeliveryActions) -> None:
    actions.discard(sub_batch, condition)
    actions.passed(sub_batch.records[-1].sequence)


def _with(sub_batch: SubBatch, records: list[Record]) -> SubBatch:
    return SubBatch(records, sub_batch.failures, sub_batch.invocations, sub_batch.last)
