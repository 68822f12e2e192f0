"""The program of an execution environment. The functions' interpreter runs this file by its path.

It imports only the standard library, so that a function finds the packages of Lambda's runtime and no others. For each
invocation it writes the output first, then the end marker into the output, then the answer into the answers' channel.
All output of an invocation is therefore written before its answer can be read.

Arguments: token of the markers; file descriptors of requests, answers and lifeline; directories of layers. Or: `fork`,
the path of the fork server's code, and the file descriptor of its requests.
"""

import contextlib
import decimal
import fcntl
import importlib
import json
import logging
import os
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable
from typing import Any, BinaryIO

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB, and Lambda accepts 100 bytes more.
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100
F_SETSIG = 10  # A constant of Linux that the fcntl module lacks.
_OUTPUT = 2
_PID = os.getpid()


class RuntimeFailure(Exception):
    """A failure that Lambda's runtime reports with an error type of its own."""

    def __init__(self, error_type: str, message: str, stack: list[str] | None = None) -> None:
        super().__init__(message)
        self.error_type, self.stack = error_type, stack or []


class Channel:
    """Reads requests and writes answers: each is a JSON line with the payload's size, then the payload."""

    def __init__(self, token: str, requests: BinaryIO, answers: BinaryIO) -> None:
        self._token, self._requests, self._answers = token, requests, answers

    def request(self) -> tuple[dict[str, Any], bytes] | None:
        """Read the next request; None when the server closed the channel."""
        line = self._requests.readline()
        if not line:
            return None
        head = json.loads(line)
        return head, self._requests.read(head["size"])

    def answer(self, kind: str, payload: bytes) -> None:
        """End the invocation's output, then write the answer: `ready`, `result` or `error`."""
        for stream in (sys.stdout, sys.stderr):
            # A function may have closed or replaced its output. The answer is sent all the same.
            with contextlib.suppress(Exception):
                stream.flush()
        self.mark("end", True)
        self._answers.write(json.dumps({"kind": kind, "size": len(payload)}).encode() + b"\n" + payload)
        self._answers.flush()

    def mark(self, name: str, value: Any) -> None:
        """Write a marker into the output."""
        data = f"\x1e{self._token} {json.dumps({name: value})}\n".encode()
        while data:
            data = data[os.write(_OUTPUT, data) :]


class LogHandler(logging.Handler):
    """The root logger's handler, as on Lambda: each record is one log event with the request id."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel
        self.request_id = ""
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)dZ\t%(aws_request_id)s\t%(message)s\n", "%Y-%m-%dT%H:%M:%S"
        )
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one event."""
        record.aws_request_id = self.request_id
        self._channel.mark("text", self.format(record))


class Context:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html."""

    def __init__(self, head: dict[str, Any]) -> None:
        self.aws_request_id = head["request_id"]
        self.invoked_function_arn = head["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = None
        self.identity = types.SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self._deadline_ms = head["deadline_ms"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation times out."""
        remaining: int = self._deadline_ms - int(time.time() * 1000)
        return max(0, remaining)


def die_with_server(lifeline: int) -> None:
    """Let the kernel kill this process and its children when the server exits, even while they are frozen.

    The server holds the other end of the lifeline and never writes. That end closes however the server exits.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def load_handler(name: str) -> Callable[[Any, Any], Any]:
    """Import `module.function`, as Lambda's Handler setting names it."""
    module_name, _, function_name = name.rpartition(".")
    if not module_name:
        raise RuntimeFailure("Runtime.MalformedHandlerName", f"Bad handler '{name}': no function in it")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise RuntimeFailure("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        where = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{module_name}': {error}"
        raise RuntimeFailure("Runtime.UserCodeSyntaxError", message, where) from error
    try:
        return getattr(module, function_name)  # type: ignore[no-any-return]
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise RuntimeFailure("Runtime.HandlerNotFound", message) from error


def marshal(result: Any) -> bytes:
    """Encode the response as JSON. Like Lambda's encoder, it accepts Decimal."""
    try:
        data = json.dumps(result, default=_number, ensure_ascii=sys.version_info < (3, 12)).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise RuntimeFailure("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
    if len(data) > MAX_RESPONSE_BYTES:
        raise RuntimeFailure(
            "Function.ResponseSizeTooLarge",
            f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).",
        )
    return data


def _number(value: Any) -> int | float:
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def error_report(error: BaseException, request_id: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html."""
    if isinstance(error, RuntimeFailure):
        error_type, stack = error.error_type, error.stack
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
        error_type, stack = type(error).__name__, traceback.format_list(frames)
    report = {"errorMessage": str(error), "errorType": error_type, "requestId": request_id, "stackTrace": stack}
    return {name: value for name, value in report.items() if name != "requestId" or value}


def log_error(channel: Channel, report: dict[str, Any]) -> None:
    """Write an error as one log event, as Lambda does."""
    lines = [f"[ERROR] {report['errorType']}: {report['errorMessage']}\n"]
    if report["stackTrace"]:
        lines += ["Traceback (most recent call last):\n", *report["stackTrace"]]
    channel.mark("text", "".join(lines))


def fail(channel: Channel, error: BaseException, request_id: str) -> None:
    """Log an error and answer with it."""
    report = error_report(error, request_id)
    log_error(channel, report)
    channel.answer("error", json.dumps(report).encode())


def invoke(handler: Callable[[Any, Any], Any], channel: Channel, head: dict[str, Any], event: bytes) -> None:
    """Run one invocation and answer it."""
    os.environ["_X_AMZN_TRACE_ID"] = head["trace_id"]
    try:
        payload = marshal(handler(json.loads(event), Context(head)))
    except Exception as error:
        _end_child()
        fail(channel, error, head["request_id"])
    else:
        _end_child()
        channel.answer("result", payload)


def _end_child() -> None:
    """Exit if this is a child that the handler forked: only the parent may answer."""
    if os.getpid() != _PID:
        os._exit(0)


def prepare(layers: list[str]) -> None:
    """Make this interpreter look like Lambda's before the function's module is imported."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folders = [f"{layer}/{part}" for layer in layers for part in (f"python/lib/{version}/site-packages", "python")]
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], *(path for path in folders if os.path.isdir(path))]


def forked(path: str, descriptor: int) -> list[str]:
    """Run the fork server in this process. Returns in each process that it forks, with that one's arguments."""
    baseline = frozenset(sys.modules)
    with open(path) as file:
        code = compile(file.read(), path, "exec")
    names: dict[str, Any] = {"__name__": "fork_server"}
    exec(code, names)  # noqa: S102 - an import would stay visible to the function
    return names["serve"](descriptor, baseline)  # type: ignore[no-any-return]


def main(arguments: list[str]) -> None:
    """Initialise, then serve invocations until the server closes the channel."""
    global _OUTPUT, _PID
    token, requests, answers, lifeline, *layers = arguments
    # A duplicate, which stays open when the function closes or redirects its output.
    _OUTPUT, _PID = os.dup(2), os.getpid()
    sys.argv = [__file__]
    die_with_server(int(lifeline))
    channel = Channel(token, open(int(requests), "rb"), open(int(answers), "wb"))  # noqa: SIM115 - open for life
    prepare(layers)
    log_handler = LogHandler(channel)
    logging.getLogger().addHandler(log_handler)
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        fail(channel, error, "")
        return
    channel.answer("ready", b"")
    while (request := channel.request()) is not None:
        head, event = request
        log_handler.request_id = head["request_id"]
        invoke(handler, channel, head, event)


if __name__ == "__main__":
    main(forked(sys.argv[2], int(sys.argv[3])) if sys.argv[1] == "fork" else sys.argv[1:])
