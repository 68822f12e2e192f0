"""Follows the events of queries.

https://docs.aws.amazon.com/athena/latest/ug/athena-events.html: events are delivered on a best effort basis, so a lost
one is found by `starting`.
"""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.pipeline.reports.model import Report
from chalicelib.pipeline.reports.ports import Queries
from chalicelib.pipeline.reports.runs import Runs


def ended_query_of(record: Mapping[str, Any]) -> str | None:
    """Read a message of the queue: the id of a query that has ended; None for other changes of state."""
    detail = json.loads(record["body"])["detail"]
    return str(detail["queryExecutionId"]) if detail["currentState"] in ("SUCCEEDED", "FAILED", "CANCELLED") else None


class Finishing:
    """The use case."""

    def __init__(self, queries: Queries, runs: Runs) -> None:
        self._queries = queries
        self._runs = runs

    def follow(self, query_id: str | None) -> Report | None:
        """Take the step after a query that has ended; raises QueriesBusy and ReportConflict: call it again later."""
        return self._runs.follow(self._queries.find(query_id)) if query_id else None
