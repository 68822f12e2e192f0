"""CPU of the handler for GET with 100 to-dos, DynamoDB's answers being the same bytes on both sides."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import get_todos
from bench.functions import started
from bench.result import Ratio, Result, compared
from bench.sampling import alternate
from bench.workspace import Workspace

_TODOS = 100
_CALLS = 40


def measure(workspace: Workspace) -> list[Result]:
    """Let two warm processes answer in turns."""
    with warm(workspace, workspace.todo_zip) as ours, warm(workspace, workspace.plain_zip) as plain:
        if ours.todos != plain.todos or len(ours.todos) != _TODOS:
            raise RuntimeError("the two handlers do not answer with the same to-dos")
        samples = alternate(ours.cpu_ms, plain.cpu_ms, 8 if workspace.short else 30)
    reference = "boto3's Table resource and json in a plain Chalice app; one query, where ours reads a version too"
    return [compared(f"GET of {_TODOS} to-dos", "ms CPU", samples, reference, Ratio(0.5))]


class Warm:
    """A function's process that answers the same request again and again."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        first = json.loads(self._line())
        if first["status"] != 200:
            raise RuntimeError(f"the handler answers {first}")
        self.todos: list[dict[str, Any]] = first["todos"]
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
def warm(workspace: Workspace, package: Path) -> Iterator[Warm]:
    """Start a function and end it."""
    answers = [get_todos.dynamodb_page(_TODOS), get_todos.dynamodb_version(), json.dumps(get_todos.event())]
    variables = {"BENCH_INPUT": json.dumps(answers)}
    with started(workspace, "handler.py", package, variables, stdin=subprocess.PIPE) as process:
        yield Warm(process)
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        process.stdin.close()
