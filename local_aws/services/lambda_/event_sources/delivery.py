"""One batch of a stream to its end: processed or discarded, with Lambda's rules for retries.

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

from local_aws.services.lambda_.event_sources.invocation_result import Outcome
from local_aws.services.lambda_.event_sources.mapping import Settings
from local_aws.services.lambda_.event_sources.source import Record

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"


@dataclass(frozen=True)
class Part:
    """Records that are tried together."""

    records: list[Record]
    failures: int = 0
    invocations: int = 0
    last: Outcome | None = None


class Surroundings(Protocol):
    """What a delivery acts on."""

    def settings(self) -> Settings:
        """The mapping's settings as they are now; raises when the delivery is to end here."""

    def invoke(self, records: list[Record]) -> Outcome:
        """Call the function."""

    def discard(self, part: Part, condition: str) -> None:
        """Give up on records, and tell the mapping's destination."""

    def passed(self, sequence: int) -> None:
        """Everything up to this record is processed or discarded."""

    def pause(self, attempts: int) -> None:
        """Wait before the next attempt, longer after more."""


def deliver(records: list[Record], surroundings: Surroundings, now: Callable[[], float] = time.time) -> None:
    """Bring a batch to its end, in order."""
    waiting = deque([Part(records)])
    while waiting:
        part, settings = waiting.popleft(), surroundings.settings()
        young = _young(part, settings, surroundings, now())
        if young.records:
            after = _tried(young, settings, surroundings)
            waiting.extendleft(reversed(after))


def _young(part: Part, settings: Settings, surroundings: Surroundings, now: float) -> Part:
    """The part without its records that are too old, which are discarded."""
    if settings.most_age_seconds is None:
        return part
    oldest = now - settings.most_age_seconds
    count = next((i for i, record in enumerate(part.records) if record.arrived_at >= oldest), len(part.records))
    if count:
        _discard(_with(part, part.records[:count]), TOO_OLD, surroundings)
    return _with(part, part.records[count:])


def _tried(part: Part, settings: Settings, surroundings: Surroundings) -> list[Part]:
    """Invoke the function once; returns what is to be tried next."""
    outcome = surroundings.invoke(part.records)
    if outcome.failed_from is None:
        surroundings.passed(part.records[-1].sequence)
        return []
    if outcome.is_throttled:
        surroundings.pause(part.failures + 1)
        return [part]
    return _after_failure(part, outcome, settings, surroundings)


def _after_failure(part: Part, outcome: Outcome, settings: Settings, surroundings: Surroundings) -> list[Part]:
    done = outcome.failed_from or 0
    if done:
        surroundings.passed(part.records[done - 1].sequence)
    rest, invocations = part.records[done:], part.invocations + 1
    if settings.bisects and len(part.records) > 1:
        pieces = [rest] if done else [rest[: len(rest) // 2], rest[len(rest) // 2 :]]
        surroundings.pause(1)
        return [Part(piece, part.failures, invocations, outcome) for piece in pieces]
    failed = Part(rest, 1 if done else part.failures + 1, invocations, outcome)
    if settings.most_retries is not None and failed.failures > settings.most_retries:
        _discard(failed, RETRIES_EXHAUSTED, surroundings)
        return []
    surroundings.pause(failed.failures)
    return [failed]


def _discard(part: Part, condition: str, surroundings: Surroundings) -> None:
    surroundings.discard(part, condition)
    surroundings.passed(part.records[-1].sequence)


def _with(part: Part, records: list[Record]) -> Part:
    return Part(records, part.failures, part.invocations, part.last)
