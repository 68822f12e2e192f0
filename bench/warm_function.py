"""A function's process that answers one request again and again, with AWS's answers in its memory."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.functions import started
from bench.workspace import Workspace

_CALLS = 40


@dataclass(frozen=True)
class Call:
    """API Gateway's event, what AWS answers by the names of its operations, and the status of the right response."""

    event: Mapping[str, Any]
    answers: Mapping[str, Any]
    status: int = 200


class Warm:
    """A process that has answered once."""

    def __init__(self, process: "subprocess.Popen[bytes]", status: int) -> None:
        self._process = process
        first = json.loads(self._line())
        if first["status"] != status:
            raise RuntimeError(f"the handler answers {first}")
        self.body: Any = json.loads(first["body"])
        # CPU from the start of the process until its first answer.
        self.first_answer_ms = float(first["cpu_ms"])

    def cpu_ms(self) -> float:
        """CPU of a call, as a mean of a few dozen."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(b"%d\n" % _CALLS)
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        if line := self._process.stdout.readline():
            return line
        raise RuntimeError(f"the function ended with {self._process.wait()}")


@contextmanager
def warm(workspace: Workspace, package: Path, call: Call, variables: Mapping[str, str] | None = None) -> Iterator[Warm]:
    """Start a function and end it."""
    bench_input = json.dumps({"event": call.event, "answers": call.answers})
    environment = {**(variables or {}), "BENCH_INPUT": bench_input}
    with started(workspace, "handler.py", package, environment, stdin=subprocess.PIPE) as process:
        yield Warm(process, call.status)
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        process.stdin.close()
