"""CPU of a cold start of the API's function: import of app.py and the first DynamoDB client."""

import json
from pathlib import Path

from bench.functions import started
from bench.result import Ratio, Result, compared
from bench.sampling import alternate
from bench.workspace import Workspace


def measure(workspace: Workspace) -> list[Result]:
    """Start fresh processes on both packages in turns."""
    samples = alternate(
        lambda: cpu_ms(workspace, workspace.todo_zip),
        lambda: cpu_ms(workspace, workspace.plain_zip),
        7 if workspace.short else 25,
    )
    reference = "a plain Chalice app with one boto3.resource('dynamodb'), packaged by Chalice itself"
    return [compared("cold start of the API function", "ms CPU", samples, reference, Ratio(0.7))]


def cpu_ms(workspace: Workspace, package: Path) -> float:
    """CPU of one process from its start until it has a client."""
    with started(workspace, "cold_start.py", package) as process:
        output = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"cold start of {package.name} failed with {process.returncode}")
    return float(json.loads(output)["ready_ms"])
