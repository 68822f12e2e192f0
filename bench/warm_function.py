"""A function's process that answers one request again and again, with AWS's answers in its memory."""

import json
import subprocess
import tempfile
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
    """An event, what AWS answers by the names of its operations, and what is right of the function's answer.

    `function` is its name in app.py; `app` is the API's, which is called with API Gateway's event. Any other is one
    that takes batches.
    """

    event: Mapping[str, Any]
    answers: Mapping[str, Any]
    status: int = 200
    function: str = "app"

    def body(self, answer: Any) -> Any:
        """Return the body of the API's answer, or all of another function's."""
        if self.function != "app":
            if answer["batchItemFailures"]:
                raise RuntimeError(f"{self.function} answers {answer}")
            return answer
        if answer["statusCode"] != self.status:
            raise RuntimeError(f"the handler answers {answer}")
        return json.loads(answer["body"])


class Warm:
    """A process that has answered once."""

    def __init__(self, process: "subprocess.Popen[bytes]", call: Call) -> None:
        self._process = process
        first = json.loads(self._line())
        self.body: Any = call.body(first["answer"])
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
    with tempfile.NamedTemporaryFile("w", dir=workspace.folder, suffix=".json", delete=False) as file:
        json.dump({"event": call.event, "answers": call.answers, "function": call.function}, file)
    environment = {**(variables or {}), "BENCH_INPUT": file.name}
    with started(workspace, "handler.py", package, environment, stdin=subprocess.PIPE) as process:
        yield Warm(process, call)
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        process.stdin.close()
