"""CPU of a cold start of the API's function: import of app.py and the first DynamoDB client."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.functions import started
from bench.handler import warm
from bench.result import Ratio, Result, compared
from bench.sampling import Pair, alternate
from bench.workspace import Workspace


def measure(workspace: Workspace) -> list[Result]:
    """Start fresh processes on both packages in turns."""
    reference = "a plain Chalice app with one boto3.resource('dynamodb'), packaged by Chalice itself"
    return [
        compared("cold start of the API function", "ms CPU", _samples(cpu_ms, workspace), reference, Ratio(0.7)),
        compared("cold start and first answer", "ms CPU", _samples(first_answer_ms, workspace), reference, None),
    ]


def _samples(sample: Callable[[Workspace, Path], float], workspace: Workspace) -> Pair:
    return alternate(
        partial(sample, workspace, workspace.todo_zip),
        partial(sample, workspace, workspace.plain_zip),
        7 if workspace.short else 25,
    )


def cpu_ms(workspace: Workspace, package: Path) -> float:
    """CPU of one process from its start until it has a client."""
    with started(workspace, "cold_start.py", package) as process:
        output = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"cold start of {package.name} failed with {process.returncode}")
    return float(json.loads(output)["ready_ms"])


def first_answer_ms(workspace: Workspace, package: Path) -> float:
    """CPU of one process from its start until it has answered once: credentials, signing and parsing are in it."""
    with warm(workspace, package) as function:
        return function.first_answer_ms
