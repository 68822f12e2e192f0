"""Reads an event source mapping's settings, with the defaults that Lambda documents for streams."""

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
class MappingSettings:
    """How a mapping's batches are collected, and what happens when they fail. None means no limit."""

    batch_size: int
    window_seconds: float
    lanes: int
    max_age_seconds: float | None
    max_retries: int | None
    bisects: bool
    reports_item_failures: bool
    destination: str | None

    @classmethod
    def from_mapping(cls, mapping: dict[str, Any]) -> Self:
        """Read the settings of a mapping from Lambda's record of it."""
        values = {**DEFAULTS, **{name: value for name, value in mapping.items() if value is not None}}
        age, retries = values["MaximumRecordAgeInSeconds"], values["MaximumRetryAttempts"]
        return cls(
            batch_size=int(values["BatchSize"]),
            window_seconds=float(values["MaximumBatchingWindowInSeconds"]),
            lanes=int(values["ParallelizationFactor"]),
            max_age_seconds=None if age == _FOREVER else float(age),
            max_retries=None if retries == _FOREVER else int(retries),
            bisects=bool(values["BisectBatchOnFunctionError"]),
            reports_item_failures="ReportBatchItemFailures" in values.get("FunctionResponseTypes", ()),
            destination=values.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
        )
