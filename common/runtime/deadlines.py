"""The time that a function has left."""

from collections.abc import Callable
from typing import Any


def deadline(context: Any, reserve_seconds: float) -> Callable[[], bool]:
    """Return a function that tells whether less than `reserve_seconds` are left, which is needed to finish."""
    return lambda: bool(context.get_remaining_time_in_millis() < reserve_seconds * 1000)
