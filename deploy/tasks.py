"""An app's operators' commands: the public functions of APP/tasks.py, run by `python -m deploy task APP NAME ...`."""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from deploy.apps import App
from deploy.errors import DeployError
from deploy.inventory.stacks import Stack
from deploy.progress import Progress
from deploy.steps.cloudformation import update_parameters
from deploy.target import Target

SEED = "seed"
# Returns the template's parameters that follow from the app's data; it runs before each deployment.
STACK_PARAMETERS = "stack_parameters"
# Completes a deployment by what a template cannot do; it runs at the end of each deployment, and is idempotent.
AFTER_DEPLOYMENT = "after_deployment"
# Removes what would keep the stack from being deleted; it runs before that.
BEFORE_REMOVAL = "before_removal"
# The functions of a tasks.py that are not commands of operators.
HOOKS = frozenset({STACK_PARAMETERS, AFTER_DEPLOYMENT, BEFORE_REMOVAL})


@dataclass(frozen=True)
class TaskContext:
    """A task's first argument.

    `client(service)` is in `region`, `client(service, other_region)` in another. `update_stack(Name="value")` updates
    the stack's parameters, and returns its outputs.
    """

    stage: str
    region: str
    outputs: dict[str, str]
    client: Callable[..., Any]
    endpoint_url: str | None
    update_stack: Callable[..., dict[str, str]]


def run_task(app: App, target: Target, outputs: dict[str, str], name: str, arguments: list[str]) -> object:
    """Run one task with text arguments, some by name (`--title TEXT`); returns what it returns.

    Raises
    ------
    DeployError
        There is no such task, it takes other arguments, refuses their values, or timed out.
    """
    tasks, name = find_tasks(app), name.replace("-", "_")
    if name not in tasks:
        raise DeployError(_no_such_task(app, name, tasks))
    context = TaskContext(
        stage=target.stage,
        region=target.region,
        outputs=outputs,
        client=target.client,
        endpoint_url=target.run.endpoint_url if target.run else None,
        update_stack=partial(update_parameters, Stack(app, target)),
    )
    positional, by_name = _split(arguments)
    try:
        inspect.signature(tasks[name]).bind(context, *positional, **by_name)
    except TypeError as error:
        raise DeployError(f"task {name}: {error}\nusage: {_usage(name, tasks[name])}") from None
    try:
        return tasks[name](context, *positional, **by_name)
    except (TimeoutError, ValueError) as error:
        raise DeployError(f"task {name}: {error}") from error


def _usage(name: str, task: Callable[..., object]) -> str:
    """Say how a task is called: arguments are in order, and each can be given by its name instead."""
    words = [name.replace("_", "-")]
    for parameter in list(inspect.signature(task).parameters.values())[1:]:
        option, is_required = parameter.name.replace("_", "-"), parameter.default is parameter.empty
        words.append(option.upper() if is_required else f"[--{option} {parameter.default or 'TEXT'}]")
    return " ".join(words)


def task_help(app: App, name: str) -> str:
    """Say how a task is called and what it does; with an empty name, how each of the operators' tasks is called.

    Raises
    ------
    DeployError
        There is no such task.
    """
    tasks, name = find_tasks(app), name.replace("-", "_")
    if not name:
        return "\n".join(_usage(task, tasks[task]) for task in tasks if task not in HOOKS)
    if name not in tasks:
        raise DeployError(_no_such_task(app, name, tasks))
    return f"usage: {_usage(name, tasks[name])}\n\n{inspect.getdoc(tasks[name]) or ''}".rstrip()


def _no_such_task(app: App, name: str, tasks: Iterable[str]) -> str:
    names = [task.replace("_", "-") for task in tasks if task not in HOOKS]
    return f"{app.key} has no task {name.replace('_', '-')}; there are: {', '.join(names) or 'none'}"


def _split(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """Separate positional arguments from those with a name, `--name TEXT` or `--name=TEXT`."""
    positional, by_name, rest = [], {}, iter(arguments)
    for argument in rest:
        if not argument.startswith("--"):
            positional.append(argument)
            continue
        name, separator, value = argument[2:].partition("=")
        by_name[name.replace("-", "_")] = value if separator else next(rest, "")
    return positional, by_name


def find_tasks(app: App) -> dict[str, Callable[..., object]]:
    """The public functions defined in the app's tasks.py.

    Raises
    ------
    DeployError
        The file cannot be loaded; the text has the error and its line.
    """
    path = app.folder / "tasks.py"
    if not path.exists():
        return {}
    spec = importlib.util.spec_from_file_location(f"{app.key}_tasks", path)
    if spec is None or spec.loader is None:
        raise DeployError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    try:
        with _no_bytecode():
            spec.loader.exec_module(module)
    except Exception as error:
        raise DeployError(f"{app.key}/tasks.py cannot be loaded: {_with_place(error)}") from error
    return {name: value for name, value in vars(module).items() if _is_task(module, name, value)}


def _with_place(error: Exception) -> str:
    """The error, and the line of the file that it comes from."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    file, line = (error.filename, error.lineno) if isinstance(error, SyntaxError) else (frame.filename, frame.lineno)
    return f"{type(error).__name__}: {error} ({file}, line {line})"


def stack_parameters(app: App, target: Target, outputs: dict[str, str]) -> dict[str, str]:
    """The parameters that the app's task `stack_parameters` returns; none before the first deployment.

    Raises
    ------
    DeployError
        The task failed, or did not return a dictionary.
    """
    if not outputs or STACK_PARAMETERS not in find_tasks(app):
        return {}
    parameters = run_task(app, target, outputs, STACK_PARAMETERS, [])
    if not isinstance(parameters, dict):
        raise DeployError(f"{STACK_PARAMETERS} of {app.key} did not return a dictionary")
    return parameters


def after_deployment(app: App, target: Target, outputs: dict[str, str], progress: Progress) -> None:
    """Run the app's task `after_deployment`; what it returns says what it changed."""
    if AFTER_DEPLOYMENT in find_tasks(app) and (change := run_task(app, target, outputs, AFTER_DEPLOYMENT, [])):
        progress.change(str(change))


def before_removal(app: App, target: Target, outputs: dict[str, str], progress: Progress) -> None:
    """Run the app's task `before_removal`; what it returns says what it removed."""
    if outputs and BEFORE_REMOVAL in find_tasks(app):
        with progress.step("what the app has made itself"):
            if change := run_task(app, target, outputs, BEFORE_REMOVAL, []):
                progress.change(str(change))


def seed_once(app: App, target: Target, outputs: dict[str, str], progress: Progress) -> None:
    """Run the app's task `seed`, in stage local only, unless it has run for this stack."""
    if not target.is_local or SEED not in find_tasks(app):
        return
    client, name = target.client("ssm"), _seeded_parameter(app, target)
    stack_identity = outputs.get("UserPoolId", "") + outputs.get("TableName", "")
    recorded = client.get_parameters(Names=[name])["Parameters"]
    if recorded and recorded[0]["Value"] == stack_identity:
        return
    run_task(app, target, outputs, SEED, [])
    client.put_parameter(Name=name, Value=stack_identity or "-", Type="String", Overwrite=True)
    progress.change("demo data")


def forget_seed(app: App, target: Target) -> None:
    """Delete the record that `seed` has run."""
    if target.is_local:
        target.client("ssm").delete_parameters(Names=[_seeded_parameter(app, target)])


def _seeded_parameter(app: App, target: Target) -> str:
    return f"/quartet/{app.full_name(target.stage)}/seeded"


@contextmanager
def _no_bytecode() -> Iterator[None]:
    """Write no bytecode: the files in the app's folder are hashed and zipped."""
    setting, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = setting


def _is_task(module: ModuleType, name: str, value: object) -> bool:
    return inspect.isfunction(value) and not name.startswith("_") and value.__module__ == module.__name__
