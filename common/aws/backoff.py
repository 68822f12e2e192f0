"""Retries with exponential backoff and jitter.

https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
"""

import random
import time
from collections.abc import Callable, Iterator

# DynamoDB runs one transaction on an item at a time and cancels the others. In a simulation of transactions of 30 ms
# (tests/unit/common/test_backoff.py), at least 97 of 100 simultaneous writers succeed.
ATTEMPTS = 14
FIRST_SECONDS = 0.02
LONGEST_SECONDS = 1.0


def attempts(sleep: Callable[[float], None] = time.sleep) -> Iterator[int]:
    """Count attempts; pause for a random time before each but the first, so that writers do not collide again."""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(random.uniform(0, min(LONGEST_SECONDS, FIRST_SECONDS * 2**attempt)))  # noqa: S311 - no secret
        yield attempt
