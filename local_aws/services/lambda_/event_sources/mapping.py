"""An event source mapping's settings, with the defaults that Lambda documents for streams."""

from dataclasses import dataclass
from typing import Any, Self

# https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "BisectBatchOnFunctionError": False,
    "TumblingWindowInSeconds": 0,
}
_FOREVER = -1


@dataclass(frozen=True)
class Settings:
    """How one mapping's batches are made, and what happens when they fail; None is no limit."""

    batch_size: int
    window_seconds: float
    lanes: int
    most_age_seconds: float | None
    most_retries: int | None
    bisects: bool
    takes_partial_failures: bool
    destination: str | None

    @classmethod
    def of(cls, mapping: dict[str, Any]) -> Self:
        """The settings of a mapping as Lambda keeps it."""
        given = {**DEFAULTS, **{name: value for name, value in mapping.items() if value is not None}}
        age, retries = given["MaximumRecordAgeInSeconds"], given["MaximumRetryAttempts"]
        return cls(
            batch_size=int(given["BatchSize"]),
            window_seconds=float(given["MaximumBatchingWindowInSeconds"]),
            lanes=int(given["ParallelizationFactor"]),
            most_age_seconds=None if age == _FOREVER else float(age),
            most_retries=None if retries == _FOREVER else int(retries),
            bisects=bool(given["BisectBatchOnFunctionError"]),
            takes_partial_failures="ReportBatchItemFailures" in given.get("FunctionResponseTypes", ()),
            destination=given.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
        )
