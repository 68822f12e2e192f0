"""Runs one execution environment: a process of the functions' interpreter, frozen between invocations."""

import contextlib
import enum
import json
import os
import secrets
import select
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.services.lambda_ import spawner
from local_aws.services.lambda_.forking import ForkRequest
from local_aws.services.lambda_.output import Output

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_OPTIONS = ("-P", "-B", "-X", "utf8")
_CHUNK = 1 << 18


class End(enum.Enum):
    """How one exchange with an environment ended."""

    ANSWERED = "answered"
    EXITED = "exited"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Exchange:
    """The result of one exchange: the answer, if there is one, and the log events before and during it."""

    end: End
    kind: str
    payload: bytes
    before: list[str]
    during: list[str]


@dataclass(frozen=True)
class Launch:
    """The parameters of a new environment. `temporary` is its folder for temporary files, which is removed with it."""

    python: Path
    code: Path
    layers: tuple[Path, ...]
    temporary: Path
    variables: dict[str, str]


class _AnswerReader:
    """Reads the answers' channel: a JSON line with kind and size, then that many bytes."""

    def __init__(self) -> None:
        self._head: dict[str, Any] | None = None
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        self._data += data
        if self._head is None and b"\n" in data:
            line, _, self._data = self._data.partition(b"\n")
            self._head = json.loads(line)

    def is_complete(self) -> bool:
        return self._head is not None and len(self._data) >= self._head["size"]

    def take(self) -> tuple[str, bytes]:
        """Take kind and payload; both are empty if the answer is incomplete."""
        kind, payload = (self._head["kind"], bytes(self._data)) if self._head and self.is_complete() else ("", b"")
        self._head, self._data = None, bytearray()
        return kind, payload


class Process:
    """A started environment. One invocation uses it at a time; only `kill` may be called from another thread."""

    def __init__(self, launch: Launch) -> None:
        self._temporary = launch.temporary
        self._temporary.mkdir(parents=True)
        token = secrets.token_hex(16)
        self._output, self._answer = Output(token), _AnswerReader()
        self._start(launch, token)
        self._watch()

    def _start(self, launch: Launch, token: str) -> None:
        (request_in, self._requests), (self._answers, answer_out) = os.pipe(), os.pipe()
        (self._log, log_out), (lifeline_in, self._lifeline) = os.pipe(), os.pipe()
        request = ForkRequest(
            token, launch.code, launch.variables, launch.layers, (request_in, answer_out, lifeline_in, log_out)
        )
        try:
            self._process = spawner.start((str(launch.python), *_OPTIONS, str(BOOTSTRAP)), request)
        finally:
            for descriptor in request.descriptors:
                os.close(descriptor)

    def _watch(self) -> None:
        self._exit = self._process.exit_descriptor
        self._poll = select.poll()
        for descriptor in (self._answers, self._log):
            os.set_blocking(descriptor, False)
            self._poll.register(descriptor, select.POLLIN)
        os.set_blocking(self._requests, False)
        self._poll.register(self._exit, select.POLLIN)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of the process group of its children."""
        return self._process.pid

    def exit_status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def peak_memory_mb(self) -> int:
        """The peak memory of the process."""
        with contextlib.suppress(OSError), open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) // 1024
        return 0

    def wait_until_initialised(self, timeout_seconds: float) -> Exchange:
        """Wait until the function's module is imported; the answer's kind is `ready` or `error`."""
        return self._exchange(b"", timeout_seconds)

    def invoke(self, head: dict[str, Any], event: bytes, timeout_seconds: float) -> Exchange:
        """Run one invocation, then freeze the environment; the answer's kind is `result` or `error`."""
        self._read_available()
        self._output.begin()
        self._signal(signal.SIGCONT)
        exchange = self._exchange(json.dumps({**head, "size": len(event)}).encode() + b"\n" + event, timeout_seconds)
        if exchange.end is End.ANSWERED:
            self._signal(signal.SIGSTOP)
        return exchange

    def kill(self) -> None:
        """Kill the process and its children now. Another thread may call this while an invocation runs."""
        self._signal(signal.SIGKILL)

    def wait_for_exit(self, timeout_seconds: float) -> int:
        """Wait for the process to exit, or kill it; returns the exit status, negative for a signal."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_seconds)
        self.kill()
        return self._process.wait()

    def close(self) -> None:
        """Kill the process and release its resources."""
        self.kill()
        self._process.wait()
        for descriptor in (self._requests, self._answers, self._log, self._lifeline, self._exit):
            os.close(descriptor)
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _signal(self, number: int) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def _exchange(self, request: bytes, timeout_seconds: float) -> Exchange:
        end = self._run(memoryview(request), time.monotonic() + timeout_seconds)
        return Exchange(end, *self._answer.take(), *self._output.take())

    def _run(self, request: memoryview, deadline: float) -> End:
        """Transfer bytes until the answer and all output before it have arrived."""
        if request:
            self._poll.register(self._requests, select.POLLOUT)
        while not self._is_complete():
            ready = dict(self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
            if not ready:
                return End.TIMED_OUT
            if self._requests in ready:
                request = self._write(request)
            self._read_available()
            if not self._is_complete() and (self._exit in ready or ready.get(self._answers, 0) & select.POLLHUP):
                return End.EXITED
        return End.ANSWERED

    def _write(self, request: memoryview) -> memoryview:
        try:
            rest = request[os.write(self._requests, request) :]
        except BlockingIOError:
            return request
        except BrokenPipeError:
            rest = request[:0]
        if not rest:
            self._poll.unregister(self._requests)
        return rest

    def _read_available(self) -> None:
        """Read the available bytes. The answer is read first; the output that precedes it is then complete."""
        self._answer.feed(_available(self._answers))
        self._output.feed(_available(self._log))

    def _is_complete(self) -> bool:
        return self._answer.is_complete() and self._output.has_ended


def _available(descriptor: int) -> bytes:
    chunks = []
    with contextlib.suppress(BlockingIOError):
        while chunk := os.read(descriptor, _CHUNK):
            chunks.append(chunk)
    return b"".join(chunks)
