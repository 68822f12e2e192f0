"""Trying again when others are at the same thing.

https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
"""

import random
import time
from collections.abc import Callable, Iterator

# DynamoDB takes one transaction on an item at a time and refuses the others. In a simulation of transactions of 30 ms
# each (tests/unit/common/test_backoff.py), 97 or more of 100 writers who come at once get through.
ATTEMPTS = 14
FIRST_SECONDS = 0.02
LONGEST_SECONDS = 1.0


def attempts(sleep: Callable[[float], None] = time.sleep) -> Iterator[int]:
    """Count attempts, before each but the first with a pause of random length, so that rivals do not meet again."""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(random.uniform(0, min(LONGEST_SECONDS, FIRST_SECONDS * 2**attempt)))  # noqa: S311 - no secret
        yield attempt
