"""How long a function may still run."""

from collections.abc import Callable
from typing import Any


def deadline(context: Any, reserve_seconds: float) -> Callable[[], bool]:
    """Make the question whether less time is left than what must stay in reserve to finish properly."""
    return lambda: bool(context.get_remaining_time_in_millis() < reserve_seconds * 1000)
