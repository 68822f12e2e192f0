"""Runs statements: one thread for each database, one transaction after another.

Redshift runs transactions at the same time and ends one with error 1023 if they are not serializable; here they are
serial, so that error does not occur. The result of a transaction (the database's new file, the statuses, the event)
is noted in one step on the event loop, so that every save has all of it or nothing. After a restart the statements that
had not ended run again.
"""

import logging
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from ministack.core.responses import request_scope

from local_aws import main_loop
from local_aws.faults import injection
from local_aws.hooks import prepares
from local_aws.services.redshift_data import events, files, results, statements
from local_aws.services.redshift_data.s3_roles import NamespaceRoles
from local_aws.services.redshift_data.statements import Statement
from local_aws.settings import Settings
from local_aws.state import saver

if TYPE_CHECKING:
    from local_aws.sql.redshift.session import Outcome

_SECONDS_BETWEEN_INTERRUPTS = 0.05
# The name of a fault rule's operation that makes started statements fail.
RUN = "RunStatement"
_INJECTED = "1023 DETAIL: Serializable isolation violation on table (injected)"
_log = logging.getLogger("local_aws.redshift")
_queues: dict[str, SimpleQueue[Statement]] = {}
# How a running statement is interrupted, by its id.
_interrupts: dict[str, Callable[[], None]] = {}
_cancelled: set[str] = set()
_is_stopping = False


@prepares
def _prepare(_settings: Settings) -> None:
    main_loop.call_before_stop(_stop)


def submit(statement: Statement) -> None:
    """Run a statement after the others of its database."""
    key = _key(statement)
    if key not in _queues:
        _queues[key] = SimpleQueue()
        Thread(target=_work, args=(_queues[key],), daemon=True, name="redshift").start()
    _queues[key].put(statement)


def cancel(statement: Statement) -> None:
    """Cancel a statement that has not ended."""
    _cancelled.add(statement.id)
    if statement.id in _interrupts:
        Thread(target=_interrupt, args=(statement.id,), daemon=True, name="redshift-cancel").start()


def restart() -> None:
    """Run the statements of the loaded state that have not ended."""
    for statement in statements.running():
        for part in statement.parts:
            part.status = "SUBMITTED"
        statement.set_status("SUBMITTED")
        submit(statement)


def _interrupt(statement_id: str) -> None:
    """Interrupt until the statement has ended: DuckDB ignores an interrupt between two of its queries."""
    while interrupt := _interrupts.get(statement_id):
        interrupt()
        time.sleep(_SECONDS_BETWEEN_INTERRUPTS)


def _stop() -> None:
    global _is_stopping
    _is_stopping = True
    for interrupt in list(_interrupts.values()):
        interrupt()


def _key(statement: Statement) -> str:
    return "/".join((statement.account, statement.region, statement.namespace_id, statement.database))


def _work(queue: SimpleQueue[Statement]) -> None:
    while True:
        statement = queue.get()
        if _is_stopping:
            return
        try:
            with request_scope(statement.account, statement.region):
                finish = _run(statement)
                if not _is_stopping:
                    main_loop.run_between_requests(finish)
        except Exception:
            _log.exception("statement %s ended unexpectedly", statement.id)
        finally:
            _interrupts.pop(statement.id, None)
            _cancelled.discard(statement.id)


def _run(statement: Statement) -> Callable[[], None]:
    """Run one statement; returns what notes its result."""
    started = time.perf_counter_ns()
    if statement.id in _cancelled:
        return lambda: _finish(statement, "ABORTED", "", started)
    statement.set_status("STARTED")
    if rule := injection.background_fault("redshift-data", RUN):
        error = rule.message or _INJECTED
        return lambda: _finish(statement, "FAILED", error, started)
    try:
        outcomes = _transaction(statement)
        sizes = [_write_result(statement, number, outcome) for number, outcome in enumerate(outcomes)]
    except _Failed as failure:
        message, index = str(failure), failure.index
        status = "ABORTED" if statement.id in _cancelled else "FAILED"
        return lambda: _finish(statement, status, message, started, failed=index)
    return lambda: _commit(statement, outcomes, sizes, started)


class _Failed(Exception):
    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


def _transaction(statement: Statement) -> "list[Outcome]":
    from local_aws.sql.redshift.database import Transaction, TransactionFailed, run  # noqa: PLC0415 - on first use
    from local_aws.sql.redshift.privileges import Identity  # noqa: PLC0415

    def start(interrupt: Callable[[], None]) -> None:
        _interrupts[statement.id] = interrupt
        if statement.id in _cancelled:
            cancel(statement)

    transaction = Transaction(
        sqls=[part.sql for part in statement.parts],
        parameters={parameter["name"]: parameter["value"] for parameter in statement.parameters},
        identity=Identity(statement.user, statement.is_superuser, tuple(statement.roles)),
        roles=NamespaceRoles(statement),
    )
    try:
        return run(
            transaction,
            files.database_file(_key(statement)),
            files.new_database_file(statement.id),
            on_start=start,
            on_statement=lambda index: setattr(statement.parts[index], "status", "STARTED"),
        )
    except TransactionFailed as failure:
        raise _Failed(failure.index, str(failure)) from failure
    except Exception as error:
        _log.exception("statement %s failed", statement.id)
        raise _Failed(0, f"internal error: {type(error).__name__}") from error


def _write_result(statement: Statement, number: int, outcome: "Outcome") -> int:
    if outcome.columns is None:
        return 0
    try:
        return results.write(files.new_result_file(statement.id, number), outcome.columns, outcome.rows)
    except ValueError as error:
        raise _Failed(number, str(error)) from error


def _commit(statement: Statement, outcomes: "list[Outcome]", sizes: list[int], started: int) -> None:
    new_file = files.new_database_file(statement.id)
    if new_file.exists():
        files.databases[_key(statement)] = new_file.name
    now = time.time()
    for number, (part, outcome) in enumerate(zip(statement.parts, outcomes, strict=True)):
        part.status, part.updated_at, part.row_count, part.result_bytes = (
            "FINISHED",
            now,
            outcome.row_count,
            sizes[number],
        )
        part.duration_ns = (time.perf_counter_ns() - started) // len(outcomes)
        if outcome.columns is not None:
            part.result_file = files.new_result_file(statement.id, number).name
    _finish(statement, "FINISHED", "", started)


def _finish(statement: Statement, status: str, error: str, started: int, *, failed: int = 0) -> None:
    """Note the end of a statement. Of a failed one, the parts after the failed part never ran."""
    if status != "FINISHED":
        statement.error = f"ERROR: {error}" if error else ""
        for number, part in enumerate(statement.parts):
            part.status = status if number == failed else "ABORTED"
            part.updated_at = time.time()
        statement.parts[failed].error = statement.error
    statement.duration_ns = time.perf_counter_ns() - started
    statement.set_status(status)
    saver.mark_changed()
    if statement.with_event:
        events.send(statement)
