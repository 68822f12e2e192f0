"""What one measurement found, and whether that is what it should be."""

from dataclasses import dataclass

from bench.sampling import Pair


@dataclass(frozen=True)
class Ratio:
    """Ours may be at most this part of the reference."""

    at_most: float

    def __str__(self) -> str:
        return f"<= {self.at_most:g}x"


@dataclass(frozen=True)
class Limit:
    """Ours may be at most this, whatever the reference."""

    at_most: float

    def __str__(self) -> str:
        return f"<= {self.at_most:g}"


@dataclass(frozen=True)
class AtLeast:
    """Ours must be at least this, whatever the reference."""

    at_least: float

    def __str__(self) -> str:
        return f">= {self.at_least:g}"


@dataclass(frozen=True)
class Result:
    """One line of the table; `reference` is None where there is nothing to compare with."""

    name: str
    unit: str
    ours: float
    reference: float | None
    reference_name: str
    target: Ratio | Limit | AtLeast | None
    samples: Pair | None = None

    @property
    def ratio(self) -> float | None:
        """Ours as a part of the reference."""
        return self.ours / self.reference if self.reference else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        if isinstance(self.target, Limit):
            return self.ours <= self.target.at_most
        if isinstance(self.target, AtLeast):
            return self.ours >= self.target.at_least
        if self.ratio is None:
            raise ValueError(f"{self.name}: a ratio needs a reference")
        return self.ratio <= self.target.at_most


def compared(name: str, unit: str, samples: Pair, reference_name: str, target: Ratio | Limit | None) -> Result:
    """Make the result of samples that were taken in turns: their medians count."""
    ours, reference = samples.medians
    return Result(name, unit, ours, reference, reference_name, target, samples)
