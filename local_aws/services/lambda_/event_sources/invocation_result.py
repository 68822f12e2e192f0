"""Reads from the result of an invocation which records of a stream's batch failed."""

from dataclasses import dataclass
from typing import Any

from local_aws.services.lambda_.event_sources.source import Record


@dataclass(frozen=True)
class InvocationResult:
    """`failed_from` is the index of the first record that is not processed; None when all are."""

    failed_from: int | None = None
    # The function was not invoked, so the attempt does not count.
    is_throttled: bool = False
    # The error for a destination's document; None if the function reported the failed records itself.
    function_error: str | None = None


def result_of_invocation(
    result: dict[str, Any], records: list[Record], reports_item_failures: bool
) -> InvocationResult:
    """Read MiniStack's result of an invocation."""
    if result.get("throttle"):
        return InvocationResult(0, is_throttled=True)
    if result.get("error"):
        return InvocationResult(0, function_error=str(result.get("function_error") or "Unhandled"))
    return InvocationResult(_failed_from(result.get("body"), records) if reports_item_failures else None)


def _failed_from(response: Any, records: list[Record]) -> int | None:
    """The index of the lowest sequence number that the function reports; records from there on are retried.

    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html: an empty or null list and an
    empty or null response are a success; an identifier that is empty, null, missing or unknown fails the whole batch.
    """
    if response is None or response == {}:
        return None
    try:
        named = [int(failure["itemIdentifier"]) for failure in response["batchItemFailures"] or []]
    except (KeyError, TypeError, ValueError):
        return 0
    if not named:
        return None
    numbers = [record.sequence for record in records]
    return numbers.index(min(named)) if set(named) <= set(numbers) else 0
