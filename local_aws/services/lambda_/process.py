"""One execution environment: a process of the functions' own interpreter, frozen between invocations."""

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
from local_aws.services.lambda_.output import Output

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_CHUNK = 1 << 18


class End(enum.Enum):
    """How one exchange with an environment ended."""

    ANSWERED = "answered"
    EXITED = "exited"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Exchange:
    """What one exchange brought: the answer, if any, and the log events before and during it."""

    end: End
    kind: str
    payload: bytes
    before: list[str]
    during: list[str]


@dataclass(frozen=True)
class Launch:
    """What an environment is started with. `temporary` is its own folder for temporary files, removed with it."""

    python: Path
    code: Path
    layers: tuple[Path, ...]
    temporary: Path
    variables: dict[str, str]


class _Answer:
    """The answers' channel: a JSON line with kind and size, then that many bytes."""

    def __init__(self) -> None:
        self._head: dict[str, Any] | None = None
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        self._data += data
        if self._head is None and b"\n" in data:
            line, _, self._data = self._data.partition(b"\n")
            self._head = json.loads(line)

    def complete(self) -> bool:
        return self._head is not None and len(self._data) >= self._head["size"]

    def taken(self) -> tuple[str, bytes]:
        """Kind and payload; empty ones if it never came whole."""
        kind, payload = (self._head["kind"], bytes(self._data)) if self._head and self.complete() else ("", b"")
        self._head, self._data = None, bytearray()
        return kind, payload


class Process:
    """A started environment. Used by one invocation at a time; only `kill` may be called beside it."""

    def __init__(self, launch: Launch) -> None:
        self._temporary = launch.temporary
        self._temporary.mkdir(parents=True)
        token = secrets.token_hex(16)
        self._output, self._answer = Output(token), _Answer()
        self._start(launch, token)
        self._watch()

    def _start(self, launch: Launch, token: str) -> None:
        (request_in, self._requests), (self._answers, answer_out) = os.pipe(), os.pipe()
        (self._log, log_out), (lifeline_in, self._lifeline) = os.pipe(), os.pipe()
        theirs = (request_in, answer_out, lifeline_in)
        command = [str(launch.python), "-P", "-B", "-X", "utf8", str(BOOTSTRAP), token, *map(str, theirs)]
        try:
            self._process = spawner.started(
                [*command, *map(str, launch.layers)],
                cwd=launch.code,
                env=launch.variables,
                stdin=subprocess.DEVNULL,
                stdout=log_out,
                stderr=log_out,
                pass_fds=theirs,
                start_new_session=True,
            )
        finally:
            for descriptor in (*theirs, log_out):
                os.close(descriptor)

    def _watch(self) -> None:
        self._exit = os.pidfd_open(self._process.pid)
        self._poll = select.poll()
        for descriptor in (self._answers, self._log):
            os.set_blocking(descriptor, False)
            self._poll.register(descriptor, select.POLLIN)
        os.set_blocking(self._requests, False)
        self._poll.register(self._exit, select.POLLIN)

    @property
    def pid(self) -> int:
        """The process's id; its children are in a process group of that number."""
        return self._process.pid

    def exit_status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def peak_memory_mb(self) -> int:
        """The most memory it ever held at once."""
        with contextlib.suppress(OSError), open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) // 1024
        return 0

    def initialised(self, timeout_seconds: float) -> Exchange:
        """Wait until the function's module is imported: an answer of kind `ready` or `error`."""
        return self._exchange(b"", timeout_seconds)

    def invoked(self, head: dict[str, Any], event: bytes, timeout_seconds: float) -> Exchange:
        """Run one invocation, then freeze the environment: an answer of kind `result` or `error`."""
        self._read()
        self._output.begin()
        self._signal(signal.SIGCONT)
        exchange = self._exchange(json.dumps({**head, "size": len(event)}).encode() + b"\n" + event, timeout_seconds)
        if exchange.end is End.ANSWERED:
            self._signal(signal.SIGSTOP)
        return exchange

    def kill(self) -> None:
        """End the process and its children now, also from another thread while an invocation runs."""
        self._signal(signal.SIGKILL)

    def ended(self, patience_seconds: float) -> int:
        """Kill it unless it ends by itself in time; its exit status, negative for a signal."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience_seconds)
        self.kill()
        return self._process.wait()

    def close(self) -> None:
        """Kill it and give back all it used."""
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
        return Exchange(end, *self._answer.taken(), *self._output.taken())

    def _run(self, request: memoryview, deadline: float) -> End:
        """Move bytes until the answer and all output before it are here."""
        if request:
            self._poll.register(self._requests, select.POLLOUT)
        while not self._complete():
            ready = dict(self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
            if not ready:
                return End.TIMED_OUT
            if self._requests in ready:
                request = self._written(request)
            self._read()
            if not self._complete() and (self._exit in ready or ready.get(self._answers, 0) & select.POLLHUP):
                return End.EXITED
        return End.ANSWERED

    def _written(self, request: memoryview) -> memoryview:
        try:
            rest = request[os.write(self._requests, request) :]
        except BlockingIOError:
            return request
        except BrokenPipeError:
            rest = request[:0]
        if not rest:
            self._poll.unregister(self._requests)
        return rest

    def _read(self) -> None:
        """Take what is there. The answer first: the output that was written before it is then complete."""
        self._answer.feed(_available(self._answers))
        self._output.feed(_available(self._log))

    def _complete(self) -> bool:
        return self._answer.complete() and self._output.ended


def _available(descriptor: int) -> bytes:
    chunks = []
    with contextlib.suppress(BlockingIOError):
        while chunk := os.read(descriptor, _CHUNK):
            chunks.append(chunk)
    return b"".join(chunks)
