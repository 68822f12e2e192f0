"""The time that a function has left."""

from collections.abc import Callable
from typing import Any


def seconds_left(context: Any) -> float:
    """Return how many seconds a function has left."""
    return float(context.get_remaining_time_in_millis()) / 1000


def deadline(context: Any, reserve_seconds: float) -> Callable[[], bool]:
    """Return a function that tells whether less than `reserve_seconds` are left, which is needed to finish."""
    return lambda: seconds_left(context) < reserve_seconds
