"""Functions run as on Lambda: clean environment, interpreter of their own, AWS's errors, AWS's log events.

On AWS each concurrent invocation has an execution environment of its own, which is initialised once, serves one
invocation at a time and is frozen in between (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
An exception of the handler is reported by class, message and stack trace and costs nothing else
(https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html); a timeout or an exit ends the environment.
Functions see the variables that Lambda documents and the packages that Lambda brings
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).

MiniStack runs functions with the server's own interpreter, packages and environment; any exception ends the worker and
is reported as Runtime.HandlerError; each silent invocation waits 50 ms for lines that do not come, and late ones go to
the next one's log. Its executor and its pool are replaced by this package, below `_execute_function_warm` and
the functions by which MiniStack lets workers go.
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
from local_aws.services.lambda_ import interpreter
from local_aws.services.lambda_.function import Function
from local_aws.services.lambda_.invoker import Credentials, Invoker, Request
from local_aws.services.lambda_.pool import Pool, Version
from local_aws.services.lambda_.report import Report
from local_aws.settings import Settings

# Of a function's credentials. An environment is given up an hour before they expire: no invocation outlives them.
CREDENTIALS_SECONDS = 12 * 3600
_SPARE_SECONDS = 3600
_OURS = "quartet"

pool = Pool()
_invoker: Invoker


def kill_running(function_name: str, request_id: str | None = None) -> int:
    """Kill what runs an invocation of this function now, or this one invocation, as a crash would.

    Returns how many were killed; each of these ends at once with Runtime.ExitError.
    """
    return pool.kill(function_name, request_id)


replaces("ministack.core.lambda_runtime:reset")(pool.stop)


@prepares
def _prepare(settings: Settings) -> None:
    """Get the functions' interpreter, and start the pool of their processes."""
    global _invoker
    folder = settings.state_dir / "functions"
    _discard(folder)
    python = interpreter.ensure(settings.function_runtime, partial(print, flush=True))
    _invoker = Invoker(pool, python, folder, settings.endpoint_url, _credentials)
    injection.register_kill(kill_running)
    pool.start()


def _discard(folder: Path) -> None:
    """Remove what an earlier run unpacked; packages are read-only."""
    for path in (folder, *folder.glob("code/**/")):
        with contextlib.suppress(FileNotFoundError):
            path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


@replaces("ministack.services.lambda_svc:_execute_function_warm")
def _execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """In place of MiniStack's executor: run the invocation, write its log, answer in MiniStack's terms."""
    config = func.get("config") or func
    function = _function(config, func.get("code_zip") or b"")
    if config["Runtime"] != interpreter.RUNTIME:
        # Kept from a run on another Python; a new function of that runtime is refused when it is made.
        reason = f"{config['Runtime']} does not run here, but {interpreter.RUNTIME}: deploy the function again"
        return {"body": {"errorType": "Runtime.InvalidRuntime", "errorMessage": reason}, "error": True, "log": reason}
    trace_id = lambda_svc._xray_trace_id_for_invocation(config)
    request = Request(request_id, config["FunctionArn"], trace_id or "", json.dumps(event).encode())
    report = _invoker.invoke(function, request)
    events = report.log_events(function.version.qualifier)
    _write_log(function.log_group, report, events)
    # "Handled" is long gone: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    failure = {"error": True, "function_error": "Unhandled"} if report.failed else {}
    return {"body": report.payload, "log": "\n".join(events), "log_source": _OURS, **failure}


def _function(config: dict[str, Any], code: bytes) -> Function:
    _, _, _, region, account, *_ = config["FunctionArn"].split(":")
    name = config["FunctionName"]
    layers = [lambda_svc._resolve_layer_zip(layer) for layer in config.get("Layers") or []]
    return Function(
        version=Version(account, region, name, config.get("Version", "$LATEST"), config.get("RevisionId", "")),
        arn=config["FunctionArn"],
        role=config["Role"],
        runtime=config["Runtime"],
        handler=config["Handler"],
        memory_mb=int(config.get("MemorySize", 128)),
        timeout_seconds=float(config.get("Timeout", 3)),
        own=dict((config.get("Environment") or {}).get("Variables") or {}),
        code=code,
        layers=tuple(layer for layer in layers if layer),
        log_group=(config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
    )


def _credentials(function: Function) -> Credentials:
    """Credentials of the function's role, fresh for each environment, as Lambda assumes it."""
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
    # Both answer an error if it exists.
    cloudwatch_logs._create_log_group({"logGroupName": group})
    cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": report.log_stream})
    now = int(time.time() * 1000)
    lines = [{"timestamp": now, "message": event, "ingestionTime": now} for event in (*report.before, *events)]
    stream = cloudwatch_logs._log_groups[group]["streams"].get(report.log_stream)
    # A group lets go of its oldest streams when others are made (logs_limits): no reason for a call to fail.
    if stream is not None:
        cloudwatch_logs._append_log_events(stream, lines)
    for deliver in (cloudwatch_logs._fanout_to_subscription_filters, cloudwatch_logs._fanout_to_live_tail_sessions):
        deliver(group, report.log_stream, lines)


@wraps("ministack.services.lambda_svc:_emit_lambda_logs")
def _emit_others(emit: Callable[..., None], *arguments: Any, log_source: str | None = None) -> None:
    """Leave out the logs that are written already."""
    if log_source != _OURS:
        emit(*arguments, log_source=log_source)


@replaces("ministack.services.lambda_svc:invalidate_worker", "ministack.core.lambda_runtime:invalidate_worker")
def _retire(
    func_name: str, qualifier: str | None = None, account: str | None = None, region: str | None = None
) -> None:
    """In place of MiniStack's: what runs an invocation finishes it, as on Lambda."""
    wanted = {"name": func_name, "qualifier": qualifier, "account": account, "region": region}
    given = {field: value for field, value in wanted.items() if value is not None}
    pool.retire(lambda version: all(getattr(version, field) == value for field, value in given.items()))
