"""CPU of a cold start of an API's function: import of app.py and the first DynamoDB client."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bench.functions import app_variables, started
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
        compared(
            "cold start of video_app", "ms CPU", _video(workspace), "todo_app's; video_app's can also sign", Ratio(1.15)
        ),
    ]


def _video(workspace: Workspace) -> Pair:
    variables = app_variables(workspace.video_app)
    return alternate(
        lambda: cpu_ms(workspace, workspace.video_zip, variables),
        lambda: cpu_ms(workspace, workspace.todo_zip),
        _rounds(workspace),
    )


def _samples(sample: Callable[[Workspace, Path], float], workspace: Workspace) -> Pair:
    return alternate(
        partial(sample, workspace, workspace.todo_zip),
        partial(sample, workspace, workspace.plain_zip),
        _rounds(workspace),
    )


def _rounds(workspace: Workspace) -> int:
    return 7 if workspace.short else 25


def cpu_ms(workspace: Workspace, package: Path, variables: Mapping[str, str] | None = None) -> float:
    """CPU of one process from its start until it has a client."""
    with started(workspace, "cold_start.py", package, variables) as process:
        output = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"cold start of {package.name} failed with {process.returncode}")
    return float(json.loads(output)["ready_ms"])


def first_answer_ms(workspace: Workspace, package: Path) -> float:
    """CPU of one process from its start until it has answered once: credentials, signing and parsing are in it."""
    with warm(workspace, package) as function:
        return function.first_answer_ms
