"""An app's operators' commands: the public functions of APP/tasks.py, run by `python -m deploy task APP NAME ...`."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from deploy.apps import App
from deploy.errors import DeployError
from deploy.progress import Progress
from deploy.target import Target

SEED = "seed"
# What a stack must be told of what is in it; asked before each deployment.
STATE = "stack_parameters"


@dataclass(frozen=True)
class TaskContext:
    """What a task gets as its first argument; `client(service)` is in `region`, `client(service, other)` elsewhere."""

    stage: str
    region: str
    outputs: dict[str, str]
    client: Callable[..., Any]
    endpoint_url: str | None


def run_task(app: App, target: Target, outputs: dict[str, str], name: str, arguments: list[str]) -> object:
    """Run one task with text arguments; returns what it returns.

    Raises
    ------
    DeployError
        There is no such task, it takes other arguments, or it waited in vain.
    """
    tasks = find_tasks(app)
    if name not in tasks:
        raise DeployError(f"{app.key} has no task {name}; there are: {', '.join(tasks) or 'none'}")
    context = TaskContext(
        target.stage, target.region, outputs, target.client, target.run.endpoint_url if target.run else None
    )
    try:
        inspect.signature(tasks[name]).bind(context, *arguments)
    except TypeError as error:
        raise DeployError(f"task {name}: {error}; it is {name}{inspect.signature(tasks[name])}") from None
    try:
        return tasks[name](context, *arguments)
    except TimeoutError as error:
        raise DeployError(f"task {name}: {error}") from error


def find_tasks(app: App) -> dict[str, Callable[..., object]]:
    """The public functions defined in the app's tasks.py."""
    path = app.folder / "tasks.py"
    if not path.exists():
        return {}
    spec = importlib.util.spec_from_file_location(f"{app.key}_tasks", path)
    if spec is None or spec.loader is None:
        raise DeployError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    with _no_bytecode():
        spec.loader.exec_module(module)
    return {name: value for name, value in vars(module).items() if _is_task(module, name, value)}


def state_parameters(app: App, target: Target, outputs: dict[str, str]) -> dict[str, str]:
    """What the app's `stack_parameters` says of a stack that there is already; nothing before."""
    if not outputs or STATE not in find_tasks(app):
        return {}
    found = run_task(app, target, outputs, STATE, [])
    if not isinstance(found, dict):
        raise DeployError(f"{STATE} of {app.key} returned no dictionary")
    return found


def seed_once(app: App, target: Target, outputs: dict[str, str], progress: Progress) -> None:
    """Run the app's `seed` task when this stage's data have not been seeded yet; locally only."""
    if not target.is_local or SEED not in find_tasks(app):
        return
    client, name = target.client("ssm"), _seed_mark(app, target)
    stack = outputs.get("UserPoolId", "") + outputs.get("TableName", "")
    found = client.get_parameters(Names=[name])["Parameters"]
    if found and found[0]["Value"] == stack:
        return
    run_task(app, target, outputs, SEED, [])
    client.put_parameter(Name=name, Value=stack or "-", Type="String", Overwrite=True)
    progress.change("demo data")


def forget_seed(app: App, target: Target) -> None:
    """Delete the mark that the data were seeded."""
    if target.is_local:
        target.client("ssm").delete_parameters(Names=[_seed_mark(app, target)])


def _seed_mark(app: App, target: Target) -> str:
    return f"/quartet/{app.full_name(target.stage)}/seeded"


@contextmanager
def _no_bytecode() -> Iterator[None]:
    """Write none: what lies in the app's folders is hashed and zipped."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _is_task(module: ModuleType, name: str, value: object) -> bool:
    return inspect.isfunction(value) and not name.startswith("_") and value.__module__ == module.__name__
