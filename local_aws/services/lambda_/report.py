"""The result of one invocation, and its log events as Lambda writes them."""

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """One invocation. `payload` is the handler's JSON, or an object with errorType and errorMessage if `failed`.

    `before` are log events that belong to no invocation, mostly those of the init phase.
    """

    request_id: str
    log_stream: str
    payload: Any = None
    failed: bool = False
    before: list[str] = field(default_factory=list)
    during: list[str] = field(default_factory=list)
    duration_ms: float = 0.0
    init_ms: float | None = None
    memory_mb: int = 0
    peak_memory_mb: int = 0
    status: str = ""

    def log_events(self, version: str) -> list[str]:
        """The log events from START to REPORT (https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html)."""
        return [
            f"START RequestId: {self.request_id} Version: {version}",
            *self.during,
            f"END RequestId: {self.request_id}",
            "\t".join(self._report()),
        ]

    def _report(self) -> list[str]:
        fields = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.duration_ms:.2f} ms",
            f"Billed Duration: {math.ceil(self.duration_ms + (self.init_ms or 0))} ms",
            f"Memory Size: {self.memory_mb} MB",
            f"Max Memory Used: {self.peak_memory_mb} MB",
        ]
        if self.init_ms is not None:
            fields.append(f"Init Duration: {self.init_ms:.2f} ms")
        return [*fields, self.status] if self.status else fields
