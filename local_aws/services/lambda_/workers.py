"""Runs functions as Lambda does: in their own environment and interpreter, with Lambda's errors and log events.

On AWS each concurrent invocation has an execution environment of its own, which is initialised once, serves one
invocation at a time and is frozen in between
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). An exception of the handler is reported
by class, message and stack trace; the environment is reused
(https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html); a timeout or an exit ends the environment.
Functions see the variables and the packages that Lambda documents
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).

MiniStack runs functions with the server's own interpreter, packages and environment; any exception ends the worker and
is reported as Runtime.HandlerError; each invocation without output waits 50 ms for log lines, and late lines go to the
log of the next invocation. This module replaces MiniStack's executor and pool.
"""

import contextlib
import json
import secrets
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ministack.services import cloudwatch_logs, iam, lambda_svc, sts

from local_aws.faults import injection
from local_aws.hooks import prepares, replaces, wraps
from local_aws.services.lambda_ import interpreter, version_code
from local_aws.services.lambda_.function_configuration import FunctionConfiguration
from local_aws.services.lambda_.invoker import Credentials, Invoker, Request
from local_aws.services.lambda_.package import Package, PackageLost
from local_aws.services.lambda_.pool import FunctionVersion, NoEnvironment, Pool
from local_aws.services.lambda_.report import Report
from local_aws.settings import Settings

# The lifetime of a function's credentials. An environment ends an hour before they expire, so no invocation outlives
# them.
CREDENTIALS_SECONDS = 12 * 3600
_SPARE_SECONDS = 3600
_LOG_SOURCE = "quartet"

pool = Pool()
_invoker: Invoker


def kill_running(function_name: str, request_id: str | None = None) -> int:
    """Kill the environments that run an invocation of this function, or one invocation, as a crash would.

    Returns how many were killed. Each such invocation ends at once with Runtime.ExitError.
    """
    return pool.kill(function_name, request_id)


replaces("ministack.core.lambda_runtime:reset")(pool.stop)


@prepares
def _prepare(settings: Settings) -> None:
    """Build the functions' interpreter, and start the pool of execution environments."""
    global _invoker
    folder = settings.state_dir / "functions"
    _discard(folder)
    python = interpreter.ensure(settings.function_runtime, partial(print, flush=True))
    _invoker = Invoker(
        pool=pool,
        python=python,
        folder=folder,
        trusted=settings.trusted_file,
        endpoint_url=settings.endpoint_url,
        credentials=_credentials,
    )
    injection.register_kill(kill_running)
    pool.start()


def _discard(folder: Path) -> None:
    """Remove the packages that an earlier run unpacked, which are read-only."""
    for path in (folder, *folder.glob("code/**/")):
        with contextlib.suppress(FileNotFoundError):
            path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


@replaces("ministack.services.lambda_svc:_execute_function_warm")
def _execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Replace MiniStack's executor: invoke, write the log, and return MiniStack's result."""
    config = func.get("config") or func
    if config["Runtime"] != interpreter.RUNTIME:
        # The function is from a run on another Python. A new function of that runtime is refused.
        reason = f"{config['Runtime']} does not run here; only {interpreter.RUNTIME} does: deploy the function again"
        return _refused("Runtime.InvalidRuntime", reason)
    code = version_code.package_of(func, config)
    if code is None:
        return _code_lost()
    function = _function(config, code)
    trace_id = lambda_svc._xray_trace_id_for_invocation(config)
    request = Request(request_id, config["FunctionArn"], trace_id or "", json.dumps(event).encode())
    try:
        report = _invoker.invoke(function, request)
    except NoEnvironment as reason:
        return _throttled(reason)
    except PackageLost:
        return _code_lost()
    events = report.log_events(function.version.qualifier)
    _write_log(function.log_group, report, events)
    # Lambda no longer returns "Handled": https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    failure = {"error": True, "function_error": "Unhandled"} if report.failed else {}
    return {"body": report.payload, "log": "\n".join(events), "log_source": _LOG_SOURCE, **failure}


def _refused(kind: str, reason: str) -> dict[str, Any]:
    """The result of an invocation that cannot begin."""
    return {"body": {"errorType": kind, "errorMessage": reason}, "error": True, "log": reason}


def _code_lost() -> dict[str, Any]:
    return _refused("Runtime.CodeLost", "the function's code is gone from the saved state: deploy it again")


def _throttled(reason: NoEnvironment) -> dict[str, Any]:
    """Lambda's answer beyond the account's concurrency (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)."""
    throttled: dict[str, Any] = lambda_svc._throttle_response(
        "ConcurrentInvocationLimitExceeded", f"Rate Exceeded: {reason}"
    )
    return throttled


def _function(config: dict[str, Any], code: Package) -> FunctionConfiguration:
    _, _, _, region, account, *_ = config["FunctionArn"].split(":")
    name = config["FunctionName"]
    layers = [lambda_svc._resolve_layer_zip(layer) for layer in config.get("Layers") or []]
    return FunctionConfiguration(
        version=FunctionVersion(account, region, name, config.get("Version", "$LATEST"), config.get("RevisionId", "")),
        arn=config["FunctionArn"],
        role=config["Role"],
        runtime=config["Runtime"],
        handler=config["Handler"],
        memory_mb=int(config.get("MemorySize", 128)),
        timeout_seconds=float(config.get("Timeout", 3)),
        configured_variables=dict((config.get("Environment") or {}).get("Variables") or {}),
        code=code,
        layers=tuple(layer for layer in layers if layer),
        log_group=(config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
    )


def _credentials(function: FunctionConfiguration) -> Credentials:
    """Assume the function's role; each environment gets credentials of its own."""
    role_name = function.role.rpartition("/")[2]
    role = iam._roles.get(role_name) or {}
    key, secret, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), secrets.token_urlsafe(180)
    expires = time.time() + CREDENTIALS_SECONDS
    session = {
        "Arn": f"arn:aws:sts::{function.version.account}:assumed-role/{role_name}/{function.version.name}",
        "UserId": f"{role.get('RoleId', role_name)}:{function.version.name}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": expires,
        "AccountId": function.version.account,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(key, session)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return Credentials(dict(zip(names, (key, secret, token), strict=True)), expires - _SPARE_SECONDS)


def _write_log(group: str, report: Report, events: list[str]) -> None:
    # Both return an error if the group or the stream exists.
    cloudwatch_logs._create_log_group({"logGroupName": group})
    cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": report.log_stream})
    now = int(time.time() * 1000)
    lines = [{"timestamp": now, "message": event, "ingestionTime": now} for event in (*report.before, *events)]
    stream = cloudwatch_logs._log_groups[group]["streams"].get(report.log_stream)
    # A group drops its oldest streams when new ones are created (services/logs/limits.py).
    if stream is not None:
        cloudwatch_logs._append_log_events(stream, lines)
    for deliver in (cloudwatch_logs._fanout_to_subscription_filters, cloudwatch_logs._fanout_to_live_tail_sessions):
        deliver(group, report.log_stream, lines)


@wraps("ministack.services.lambda_svc:_emit_lambda_logs")
def _emit_unless_written(emit: Callable[..., None], *arguments: Any, log_source: str | None = None) -> None:
    """Skip the logs that `_write_log` has written."""
    if log_source != _LOG_SOURCE:
        emit(*arguments, log_source=log_source)


@replaces("ministack.services.lambda_svc:invalidate_worker", "ministack.core.lambda_runtime:invalidate_worker")
def _retire(
    func_name: str, qualifier: str | None = None, account: str | None = None, region: str | None = None
) -> None:
    """Retire a function's environments. As on Lambda, a busy one finishes its invocation."""
    criteria = {"name": func_name, "qualifier": qualifier, "account": account, "region": region}
    set_criteria = {field: value for field, value in criteria.items() if value is not None}
    pool.retire(lambda version: all(getattr(version, field) == value for field, value in set_criteria.items()))
