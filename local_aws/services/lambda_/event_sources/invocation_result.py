"""The result of an invocation with a batch of a stream."""

from dataclasses import dataclass
from typing import Any

from local_aws.services.lambda_.event_sources.source import Record


@dataclass(frozen=True)
class InvocationResult:
    """`failed_from` is the index of the first record that is not processed; None when all are."""

    failed_from: int | None = None
    # The function was not reached: nothing was tried, nothing is counted.
    is_throttled: bool = False
    # As in a destination's document; a function that reports failures itself has none.
    function_error: str | None = None


def result_of_invocation(
    result: dict[str, Any], records: list[Record], takes_partial_failures: bool
) -> InvocationResult:
    """Read MiniStack's answer to an invocation."""
    if result.get("throttle"):
        return InvocationResult(0, is_throttled=True)
    if result.get("error"):
        return InvocationResult(0, function_error=str(result.get("function_error") or "Unhandled"))
    return InvocationResult(_failed_from(result.get("body"), records) if takes_partial_failures else None)


def _failed_from(response: Any, records: list[Record]) -> int | None:
    """Everything from the lowest sequence number that the function names is to be tried again.

    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html: an empty or null list and an
    empty or null answer are a success; an identifier that is empty, null, missing or unknown is a failure of all.
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
