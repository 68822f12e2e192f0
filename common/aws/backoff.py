"""Retries with exponential backoff and jitter.

https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
"""

import random
import time
from collections.abc import Callable, Iterator
from itertools import count

# DynamoDB runs one transaction on an item at a time and cancels the others. In a simulation of transactions of 30 ms
# (tests/unit/common/test_backoff.py), at least 97 of 100 simultaneous writers succeed.
ATTEMPTS = 14
FIRST_SECONDS = 0.02
LONGEST_SECONDS = 1.0


def attempts(sleep: Callable[[float], None] = time.sleep) -> Iterator[int]:
    """Count attempts; pause for a random time before each but the first, so that writers do not collide again."""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(_pause(attempt))
        yield attempt


def attempts_while(has_time: Callable[[], bool], sleep: Callable[[float], None] = time.sleep) -> Iterator[int]:
    """Count attempts as `attempts` does, for as long as there is time; at least one.

    For a write that must be made, because what it records has already happened.
    """
    yield 0
    for attempt in count(1):
        sleep(_pause(attempt))
        if not has_time():
            return
        yield attempt


def _pause(attempt: int) -> float:
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(attempt, ATTEMPTS))
    return random.uniform(0, longest)  # noqa: S311 - no secret
