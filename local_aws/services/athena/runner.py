"""Runs queries in threads, two at once; the others wait in the order of their start."""

import contextvars
import functools
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local_aws import main_loop
from local_aws.faults import injection
from local_aws.services.athena import executions
from local_aws.sql.rights import Rights

_THREADS = 2
# The name of a fault rule's operation that makes started queries fail.
RUN = "RunQuery"
_INJECTED = "Query engine had an internal error (injected)"
_log = logging.getLogger("local_aws.athena")
Json = dict[str, Any]


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="athena")


def submit(record: Json, rights: Rights, bytes_limit: int | None) -> None:
    """Run a query in the background, in the request's account and region."""
    _threads().submit(contextvars.copy_context().run, _run_safely, record, rights, bytes_limit)


def _run_safely(record: Json, rights: Rights, bytes_limit: int | None) -> None:
    try:
        _run(record, rights, bytes_limit)
    except Exception as error:
        _log.exception("query %s", record["QueryExecutionId"])
        _fail(record, f"GENERIC_INTERNAL_ERROR: {error}", is_ours=True)
    finally:
        executions.forget_interrupt(record["QueryExecutionId"])


def _run(record: Json, rights: Rights, bytes_limit: int | None) -> None:
    from local_aws.sql.athena import engine  # noqa: PLC0415 - uses much memory
    from local_aws.sql.trino.errors import QueryError  # noqa: PLC0415

    if not _change(record, "RUNNING"):
        return
    waited = time.time() - record["Status"]["SubmissionDateTime"]
    record["Statistics"]["QueryQueueTimeInMillis"] = int(waited * 1000)
    if fault := _fault():
        _fail(record, fault, is_ours=True)
        return
    run = engine.Run(
        sql=record["Query"],
        database=record["QueryExecutionContext"]["Database"],
        output=record["ResultConfiguration"]["OutputLocation"].removesuffix(".csv"),
        rights=rights,
        bytes_limit=bytes_limit,
        on_start=functools.partial(executions.register_interrupt, record["QueryExecutionId"]),
        is_cancelled=lambda: record["Status"]["State"] == "CANCELLED",
    )
    try:
        outcome = run()
    except QueryError as error:
        _fail(record, str(error), is_ours=False)
        return
    except engine.BytesScannedLimit as limit:
        _change(record, "CANCELLED", str(limit))
        return
    _finish(record, outcome)


def _finish(record: Json, outcome: Any) -> None:
    def finish() -> None:
        record["Statistics"]["DataScannedInBytes"] = outcome.bytes_scanned
        if record["SubstatementType"] == "UNLOAD":
            location = record["ResultConfiguration"]["OutputLocation"].removesuffix(".csv")
            record["Statistics"]["DataManifestLocation"] = f"{location}-manifest.csv"
            record["_unloaded_rows"] = outcome.rows
        record["_columns"] = [[c.name, c.type, c.precision, c.scale] for c in outcome.columns]
        executions.change_state(record, "SUCCEEDED")

    _between_requests(finish)


def _fail(record: Json, message: str, *, is_ours: bool) -> None:
    error = executions.failure(message, is_ours=is_ours, retryable=is_ours)
    _change(record, "FAILED", message, error)


def _change(record: Json, state: str, reason: str = "", error: Json | None = None) -> bool:
    return bool(_between_requests(lambda: executions.change_state(record, state, reason, error)))


def _between_requests(work: Any) -> Any:
    context = contextvars.copy_context()
    return main_loop.run_between_requests(lambda: context.run(work))


def _fault() -> str:
    """The message of the fault rule that makes this query fail; empty if there is none."""
    rule = injection.background_fault("athena", RUN)
    return (rule.message or _INJECTED) if rule else ""
