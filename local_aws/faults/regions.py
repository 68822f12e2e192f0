"""Says which regions are down. Rules of the fault API take regions down."""

from collections.abc import Callable


def _none_is_down(region: str) -> bool:
    return False


_is_down: Callable[[str], bool] = _none_is_down


def register_check(is_down: Callable[[str], bool]) -> None:
    """Register the check whether a region is down."""
    global _is_down
    _is_down = is_down


def is_down(region: str) -> bool:
    """Whether a region is down: calls from outside do not reach it, and it reaches no other region."""
    return _is_down(region)
