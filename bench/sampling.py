"""Samples of two things that are compared, taken in turns so that a busy moment of the machine falls on both."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Pair:
    """Samples of ours and of the reference, in the order in which they were taken."""

    ours: tuple[float, ...]
    reference: tuple[float, ...]

    @property
    def medians(self) -> tuple[float, float]:
        """(ours, reference)."""
        return median(self.ours), median(self.reference)


def alternate(ours: Callable[[], float], reference: Callable[[], float], rounds: int) -> Pair:
    """Sample ours, reference, ours, reference, ... after one round that does not count: it fills caches."""
    ours()
    reference()
    pairs = [(ours(), reference()) for _ in range(rounds)]
    return Pair(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))
