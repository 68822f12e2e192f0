"""CPU of a cold start of the functions: import of app.py and the first DynamoDB client, and the first answer."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bench import get_todos, play_video, telemetry_calls
from bench.functions import app_variables, started
from bench.result import Ratio, Result, compared
from bench.sampling import Pair, alternate
from bench.warm_function import Call, warm
from bench.workspace import Workspace

_PLAIN = "a plain Chalice app with one boto3.resource('dynamodb'), packaged by Chalice itself"


def measure(workspace: Workspace) -> list[Result]:
    """Start fresh processes on two packages in turns."""
    return [*_todo(workspace), *_video(workspace), *_pipeline(workspace)]


def _todo(workspace: Workspace) -> list[Result]:
    ours, plain, call = workspace.todo_zip, workspace.plain_zip, get_todos.call(100)
    ready = _samples(workspace, partial(cpu_ms, workspace, ours), partial(cpu_ms, workspace, plain))
    first = partial(first_answer_ms, workspace, ours, call), partial(first_answer_ms, workspace, plain, call)
    return [
        compared("cold start of the API function", "ms CPU", ready, _PLAIN, Ratio(0.7)),
        compared("cold start and first answer", "ms CPU", _samples(workspace, *first), _PLAIN, None),
    ]


def _video(workspace: Workspace) -> list[Result]:
    ours, todo, variables = workspace.video_zip, workspace.todo_zip, app_variables(workspace.video_app)
    ready = _samples(workspace, partial(cpu_ms, workspace, ours, variables), partial(cpu_ms, workspace, todo))
    play = play_video.call("cookies", "ecdsa", variables)
    first_play = partial(first_answer_ms, workspace, ours, play, variables)
    first_list = partial(first_answer_ms, workspace, todo, get_todos.call(100))
    played, reference = _samples(workspace, first_play, first_list), "todo_app's, with its first list of 100 to-dos"
    return [
        compared("cold start of video_app", "ms CPU", ready, "todo_app's; video_app's can also sign", Ratio(1.15)),
        compared("cold start of video_app and first play", "ms CPU", played, reference, Ratio(1.15)),
    ]


def _pipeline(workspace: Workspace) -> list[Result]:
    ours, todo, variables = workspace.pipeline_zip, workspace.todo_zip, app_variables(workspace.pipeline_app)
    ready = _samples(workspace, partial(cpu_ms, workspace, ours, variables), partial(cpu_ms, workspace, todo))
    first_list = partial(first_answer_ms, workspace, todo, get_todos.call(100))
    devices, batch = telemetry_calls.list_devices(100, variables), telemetry_calls.update_fleet(100)
    listed = _samples(workspace, partial(first_answer_ms, workspace, ours, devices, variables), first_list)
    updated = _samples(workspace, partial(first_answer_ms, workspace, ours, batch, variables), first_list)
    reference = "todo_app's, with its first list of 100 to-dos"
    return [
        compared("cold start of pipeline_app", "ms CPU", ready, "todo_app's", Ratio(1.15)),
        compared("cold start of pipeline_app and first 100 devices", "ms CPU", listed, reference, Ratio(1.15)),
        compared("cold start of update_fleet and first 100 messages", "ms CPU", updated, reference, None),
    ]


def _samples(workspace: Workspace, ours: Callable[[], float], reference: Callable[[], float]) -> Pair:
    return alternate(ours, reference, 7 if workspace.short else 25)


def cpu_ms(workspace: Workspace, package: Path, variables: Mapping[str, str] | None = None) -> float:
    """CPU of one process from its start until it has a client."""
    with started(workspace, "cold_start.py", package, variables) as process:
        output = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"cold start of {package.name} failed with {process.returncode}")
    return float(json.loads(output)["ready_ms"])


def first_answer_ms(
    workspace: Workspace, package: Path, call: Call, variables: Mapping[str, str] | None = None
) -> float:
    """CPU of one process from its start until it has answered once: credentials, signing and parsing are in it."""
    with warm(workspace, package, call, variables) as function:
        return function.first_answer_ms
