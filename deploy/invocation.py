"""`invoke`: call one function of an app, and print its answer and the log of this invocation."""

import base64
import json
import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.apps import App, find_apps
from deploy.checkout import Checkout
from deploy.errors import CommandFailed, DeployError
from deploy.inventory.functions import deployed_functions
from deploy.progress import err
from deploy.reports.log_lines import readable
from deploy.reports.source_paths import with_source_paths
from deploy.target import Target, target_of

# No function runs longer: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
_MOST_SECONDS = 900
# Lambda returns so much of the end of the log: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_LOG_BYTES = 4096


@dataclass(frozen=True)
class Invocation:
    """What came of one invocation. `answer` is JSON; `error` is empty, or says how the function failed."""

    answer: str
    log: str
    error: str

    @property
    def is_log_cut(self) -> bool:
        """Whether the log may begin before its first line here."""
        return len(self.log.encode()) >= _LOG_BYTES


def invoke(arguments: Namespace) -> None:
    """Call a function; print its log on standard error and its answer on standard output.

    Raises
    ------
    CommandFailed
        The function failed.
    DeployError
        There is no such function, or the event cannot be read.
    """
    (app,) = find_apps(arguments.root, arguments.invoked_app)
    app.stage(arguments.stage)
    event = read_event(arguments.event)
    target = target_of(arguments.stage, Checkout(arguments.root))
    if arguments.region:
        target = target.in_region(arguments.region)
    invocation = invoked(app, target, arguments.function, event)
    if invocation.is_log_cut:
        err.print(f"the end of the log; `python -m deploy logs --app {app.key}` prints all of it", style="dim")
    for line in with_source_paths(invocation.log, app).splitlines():
        err.print(readable(line))
    answer = _indented(invocation.answer)
    print(with_source_paths(answer, app) if invocation.error else answer)
    if invocation.error:
        raise CommandFailed(f"{arguments.function} failed: {invocation.error}")


def read_event(name: str | None) -> bytes:
    """The event in a file, or on standard input if the name is `-`; an empty object without a name.

    Raises
    ------
    DeployError
        The file cannot be read, or is not JSON.
    """
    if name is None:
        return b"{}"
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise DeployError(f"the event {name} cannot be read: {error.strerror}") from error
    try:
        json.loads(content)
    except ValueError as error:
        raise DeployError(f"the event {name} is not JSON: {error}") from error
    return content


def invoked(app: App, target: Target, function: str, event: bytes) -> Invocation:
    """Call a function, by Chalice's name for it, once; the request is not repeated."""
    functions = deployed_functions(app, target)
    if function not in functions:
        names = ", ".join(sorted(functions)) or "none: deploy it first"
        raise DeployError(f"{app.key} has no function {function} in stage {target.stage}; there are: {names}")
    # The client waits longer than any function runs.
    answer = target.one_attempt_client("lambda", _MOST_SECONDS + 10).invoke(
        FunctionName=functions[function]["FunctionName"], LogType="Tail", Payload=event
    )
    payload = answer["Payload"].read().decode()
    log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
    return Invocation(payload, log, _error(payload) if answer.get("FunctionError") else "")


def _error(payload: str) -> str:
    """Say how a function failed, by its answer: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html."""
    try:
        failure: Any = json.loads(payload)
        return f"{failure['errorType']}: {failure['errorMessage']}"
    except (ValueError, TypeError, KeyError):
        return payload


def _indented(answer: str) -> str:
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except ValueError:
        return answer
