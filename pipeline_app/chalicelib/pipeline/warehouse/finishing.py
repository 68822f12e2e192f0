"""Follows the end of a load's statement.

Its event says it. An event may be lost, come twice or late; so each attempt is also looked after once it should have
ended, and each step here has the same effect when it is repeated.
https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-monitoring-events.html
"""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.pipeline.warehouse.model import Load, LoadRecord, State
from chalicelib.pipeline.warehouse.ports import LoadQueue, Loads, SentStatement, Statements
from msgspec.structs import replace

_LONGEST_DELAY_SECONDS = 900


def ended_statement_of(record: Mapping[str, Any]) -> tuple[str, str]:
    """Read a message, an event or a reminder; returns the statement's id and name."""
    body = json.loads(record["body"])
    detail = body.get("detail", body)
    return str(detail["statementId"]), str(detail["statementName"])


class Finishing:
    """The use case; the first retry waits for `retry_seconds`, and each further one twice as long."""

    def __init__(
        self, *, loads: Loads, statements: Statements, queue: LoadQueue, workgroup: str, retry_seconds: int
    ) -> None:
        self._loads = loads
        self._statements = statements
        self._queue = queue
        self._workgroup = workgroup
        self._retry_seconds = retry_seconds

    def finish(self, statement_id: str, name: str) -> LoadRecord | None:
        """Take the step after a statement; returns what is known of the load, None if the statement is no load."""
        load = Load.of_name(name, self._workgroup)
        if load is None:
            return None
        sent = self._statements.find(statement_id)
        if sent is None:
            # The warehouse has forgotten it, so nobody knows whether it ran. To load again does no harm.
            self._queue.load_later(replace(load, attempt=load.attempt + 1), 0)
            return LoadRecord(load, State.LOADING, statement_id, "the warehouse has forgotten the statement")
        if sent.state == "FINISHED":
            self._loads.note(load, State.LOADED, statement_id=sent.id)
            return LoadRecord(load, State.LOADED, sent.id)
        if sent.state in ("FAILED", "ABORTED"):
            return self._fail(load, sent)
        self._queue.look_later(sent.id, name)
        return LoadRecord(load, State.LOADING, sent.id)

    def _fail(self, load: Load, sent: SentStatement) -> LoadRecord:
        reason = sent.error or "cancelled"
        # An operator has cancelled a statement that is ABORTED.
        if sent.state == "ABORTED" or load.attempt >= load.last_attempt:
            self._loads.note(load, State.PARKED, statement_id=sent.id, reason=reason)
            return LoadRecord(load, State.PARKED, sent.id, reason)
        delay = self._retry_seconds * 2 ** (load.attempt - 1)
        self._queue.load_later(replace(load, attempt=load.attempt + 1), min(delay, _LONGEST_DELAY_SECONDS))
        return LoadRecord(load, State.LOADING, sent.id, reason)
