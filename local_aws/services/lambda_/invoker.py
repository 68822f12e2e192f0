"""Invokes a function in an execution environment, a pooled one or a new one, and reports the result."""

import json
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from local_aws.services.lambda_.function_configuration import EnvironmentContext, FunctionConfiguration, variables
from local_aws.services.lambda_.package import Package, Packages
from local_aws.services.lambda_.pool import Environment, Pool
from local_aws.services.lambda_.process import End, Exchange, Launch, Process
from local_aws.services.lambda_.report import Report

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: an init phase that takes
# longer is repeated with the first invocation, under the function's timeout.
INIT_SECONDS = 10.0


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials of a function's role, as environment variables. They are not used after `retire_at`."""

    variables: dict[str, str]
    retire_at: float


@dataclass(frozen=True)
class Request:
    """An invocation request; `arn` is the function ARN that the caller used."""

    request_id: str
    arn: str
    trace_id: str
    event: bytes


class InitializationFailed(Exception):
    """The init phase failed: the function's module could not be imported, or its import timed out."""

    def __init__(self, exchange: Exchange, status: int | None, log_stream: str) -> None:
        super().__init__(exchange.end.value)
        self.exchange, self.status, self.log_stream = exchange, status, log_stream


class Invoker:
    """Invokes functions on the functions' interpreter."""

    def __init__(
        self,
        pool: Pool,
        python: Path,
        folder: Path,
        trusted: Path,
        endpoint_url: str,
        credentials: Callable[[FunctionConfiguration], Credentials],
    ) -> None:
        self._pool, self._python, self._folder = pool, python, folder
        self._trusted, self._endpoint_url, self._credentials = trusted, endpoint_url, credentials
        self._packages = Packages(folder / "code")

    def invoke(self, function: FunctionConfiguration, request: Request) -> Report:
        """Invoke once. A failure of the function is in the report; it is not raised.

        Raises
        ------
        NoEnvironment
            No environment became free within the function's timeout.
        PackageLost
            The function's code cannot be read.
        """
        start = partial(self._start_environment, function)
        try:
            environment = self._pool.lease(function.version, start, function.timeout_seconds)
        except InitializationFailed as failure:
            report = _report(function, request, failure.log_stream)
            _complete_report(report, function, failure.exchange, failure.status)
            return report
        report = _report(function, request, environment.log_stream)
        report.init_ms, environment.init_ms = environment.init_ms, None
        report.before, environment.init_events = environment.init_events, []
        environment.request_id = request.request_id
        keep = False
        try:
            keep = self._run(function, request, environment, report)
        finally:
            self._pool.release(environment, keep)
        return report

    def _run(self, function: FunctionConfiguration, request: Request, environment: Environment, report: Report) -> bool:
        """Invoke in an environment and fill the report; returns whether the environment can be reused."""
        begun = time.monotonic()
        head = {
            "request_id": request.request_id,
            "arn": request.arn,
            "trace_id": request.trace_id,
            "deadline_ms": int((time.time() + function.timeout_seconds) * 1000),
        }
        process = environment.process
        exchange = process.invoke(head, request.event, function.timeout_seconds)
        report.duration_ms = (time.monotonic() - begun) * 1000
        report.peak_memory_mb = process.peak_memory_mb()
        _complete_report(report, function, exchange, _exit_status(process, exchange.end))
        return exchange.end is End.ANSWERED

    def _start_environment(self, function: FunctionConfiguration) -> Environment:
        """Start an environment and import the function's module."""
        begun = time.monotonic()
        log_stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version.qualifier}]{uuid.uuid4().hex}"
        credentials = self._credentials(function)
        launch = partial(self._launch, function, log_stream, credentials)
        process, exchange = _wait_for_init(launch(), INIT_SECONDS)
        if exchange.end is End.TIMED_OUT:
            process.close()
            process, exchange = _wait_for_init(launch(), function.timeout_seconds)
        if exchange.kind != "ready":
            status = _exit_status(process, exchange.end)
            process.close()
            raise InitializationFailed(exchange, status, log_stream)
        return Environment(
            function.version,
            process,
            log_stream,
            credentials.retire_at,
            init_ms=(time.monotonic() - begun) * 1000,
            init_events=exchange.before,
        )

    def _launch(self, function: FunctionConfiguration, log_stream: str, credentials: Credentials) -> Launch:
        temporary = self._folder / "tmp" / uuid.uuid4().hex
        code = self._packages.unpack(function.code)
        context = EnvironmentContext(
            code=code,
            temporary=temporary,
            trusted=self._trusted,
            endpoint_url=self._endpoint_url,
            log_stream=log_stream,
            credentials=credentials.variables,
        )
        layers = tuple(self._packages.unpack(Package.of(layer)) for layer in function.layers)
        return Launch(self._python, code, layers, temporary, variables(function, context))


def _wait_for_init(launch: Launch, timeout_seconds: float) -> tuple[Process, Exchange]:
    process = Process(launch)
    return process, process.wait_until_initialised(timeout_seconds)


def _exit_status(process: Process, end: End) -> int | None:
    """The exit status; None if the environment answered. A process that exits closes its channel a moment before."""
    return None if end is End.ANSWERED else process.wait_for_exit(0.0 if end is End.TIMED_OUT else 1.0)


def _report(function: FunctionConfiguration, request: Request, log_stream: str) -> Report:
    return Report(request.request_id, log_stream, memory_mb=function.memory_mb)


def _complete_report(report: Report, function: FunctionConfiguration, exchange: Exchange, status: int | None) -> None:
    report.before += exchange.before
    report.during += exchange.during
    if exchange.end is End.ANSWERED:
        report.failed, report.payload = exchange.kind == "error", json.loads(exchange.payload)
        if report.failed:
            report.payload.setdefault("requestId", report.request_id)
    elif exchange.end is End.TIMED_OUT:
        _fail(report, "Sandbox.Timedout", f"Task timed out after {function.timeout_seconds:.2f} seconds")
        report.status = "Status: timeout"
    else:
        _fail(report, "Runtime.ExitError", _exit_reason(status))
        report.status = "Status: error\tError Type: Runtime.ExitError"


def _exit_reason(status: int | None) -> str:
    if not status:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    return f"Runtime exited with error: signal: {(signal.strsignal(-status) or str(-status)).lower()}"


def _fail(report: Report, kind: str, message: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    payload: dict[str, Any] = {"errorType": kind, "errorMessage": f"RequestId: {report.request_id} Error: {message}"}
    report.failed, report.payload = True, payload
    report.during.append(f"{now} {report.request_id} {message}")
