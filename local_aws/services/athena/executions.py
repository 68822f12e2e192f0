"""Query executions: their records, states and events.

A record has the form of the API's QueryExecution, and members of ours that begin with `_`. MiniStack keeps and saves
the records. A change of state is published to EventBridge
(https://docs.aws.amazon.com/athena/latest/ug/athena-events.html).
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import athena, eventbridge

from local_aws.hooks import wraps
from local_aws.services.athena.errors import invalid
from local_aws.state import saver

Json = dict[str, Any]
UNFINISHED = ("QUEUED", "RUNNING")
# Athena keeps 45 days: https://docs.aws.amazon.com/athena/latest/ug/queries-viewing-history.html. A text may be long.
_MOST = 2_000
_SYSTEM, _USER = 1, 2
_lock = threading.Lock()
_interrupts: dict[str, Callable[[], None]] = {}


def find(query_id: str) -> Json:
    """A query's record; raises AthenaError if there is none."""
    record: Json | None = athena._executions.get(query_id)
    if record is None:
        raise invalid(f"QueryExecution {query_id} was not found")
    return record


def with_token(token: str) -> Json | None:
    """The query that was started with this ClientRequestToken."""
    return next((record for record in athena._executions.values() if record.get("_token") == token), None)


def add(record: Json) -> None:
    """Keep a new record, without the oldest that has finished when there are too many."""
    records = athena._executions
    if len(records) >= _MOST:
        finished = (query_id for query_id, old in records.items() if old["Status"]["State"] not in UNFINISHED)
        if oldest := next(finished, None):
            del records[oldest]
    records[record["QueryExecutionId"]] = record
    _publish(record, None)


def unfinished() -> int:
    """How many queries of the account are queued or running."""
    return sum(record["Status"]["State"] in UNFINISHED for record in athena._executions.values())


def change_state(record: Json, state: str, reason: str = "", error: Json | None = None) -> bool:
    """Change a query's state and publish the change; False if the query has finished before."""
    with _lock:
        status = record["Status"]
        previous = status["State"]
        if previous not in UNFINISHED or previous == state:
            return False
        status["State"] = state
        if reason:
            status["StateChangeReason"] = reason
        if error:
            status["AthenaError"] = error
        if state not in UNFINISHED:
            status["CompletionDateTime"] = time.time()
            _set_times(record)
    _publish(record, previous)
    saver.mark_changed()
    return True


def _set_times(record: Json) -> None:
    total = int((record["Status"]["CompletionDateTime"] - record["Status"]["SubmissionDateTime"]) * 1000)
    statistics = record["Statistics"]
    statistics["TotalExecutionTimeInMillis"] = total
    statistics["EngineExecutionTimeInMillis"] = max(0, total - statistics.get("QueryQueueTimeInMillis", 0))


def failure(message: str, *, is_ours: bool, retryable: bool = False) -> Json:
    """An AthenaError: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html."""
    category, kind = (_SYSTEM, 200) if is_ours else (_USER, 1001)
    return {"ErrorCategory": category, "ErrorType": kind, "Retryable": retryable, "ErrorMessage": message}


def register_interrupt(query_id: str, interrupt: Callable[[], None]) -> None:
    """Register what ends the running query."""
    _interrupts[query_id] = interrupt


def forget_interrupt(query_id: str) -> None:
    """Forget what ends a query that has ended."""
    _interrupts.pop(query_id, None)


def cancel(query_id: str) -> None:
    """Cancel a query; one that has finished stays as it is."""
    if change_state(find(query_id), "CANCELLED", "Query was cancelled by user"):
        _interrupts.get(query_id, lambda: None)()


def _publish(record: Json, previous: str | None) -> None:
    status = record["Status"]
    record["_sequence"] = record.get("_sequence", 0) + 1
    detail: Json = {
        "versionId": "0",
        "currentState": status["State"],
        "statementType": record["StatementType"],
        "queryExecutionId": record["QueryExecutionId"],
        "workgroupName": record["WorkGroup"],
        "sequenceNumber": str(record["_sequence"]),
    }
    if previous:
        detail["previousState"] = previous
    if error := status.get("AthenaError"):
        detail["athenaError"] = {
            "errorCategory": float(error["ErrorCategory"]),
            "errorType": float(error["ErrorType"]),
            "errorMessage": error["ErrorMessage"],
            "retryable": error["Retryable"],
        }
    entry = {"Source": "aws.athena", "DetailType": "Athena Query State Change", "Detail": json.dumps(detail)}
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


@wraps("ministack.services.athena:load_persisted_state")
def _load_state(load: Callable[[Json], Any], data: Json) -> Any:
    """Queries that ran when the server stopped have failed."""
    loaded = load(data)
    for record in athena._executions._data.values():
        if record["Status"]["State"] in UNFINISHED:
            reason = "The query engine stopped while the query ran"
            record["Status"].update(
                State="FAILED",
                StateChangeReason=reason,
                AthenaError=failure(reason, is_ours=True, retryable=True),
                CompletionDateTime=time.time(),
            )
    return loaded
