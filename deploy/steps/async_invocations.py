"""Step 4, asynchronous invocations: retries and destinations from stages.yaml, which Chalice cannot express."""

from typing import Any

from deploy.apps import App
from deploy.errors import DeployError
from deploy.inventory.functions import deployed_functions
from deploy.progress import Progress
from deploy.settings import AsyncInvocation
from deploy.target import Target


def apply_async_invocations(app: App, target: Target, outputs: dict[str, str], progress: Progress) -> None:
    """Set the configuration of every function that `async_invocations` in stages.yaml names.

    Raises
    ------
    DeployError
        stages.yaml names a function that is not deployed.
    """
    settings_by_function = app.stage(target.stage).async_invocations
    functions = deployed_functions(app, target) if settings_by_function else {}
    for name, settings in settings_by_function.items():
        if name not in functions:
            raise DeployError(f"stages.yaml of {app.name}: async_invocations names {name}, which is not a function")
        changes = _apply(target, functions[name]["FunctionName"], _arguments(settings, outputs))
        if changes:
            progress.change(f"asynchronous calls of {name}: {changes}")


def _arguments(settings: AsyncInvocation, outputs: dict[str, str]) -> dict[str, Any]:
    """PutFunctionEventInvokeConfig's arguments; the destination in the settings is the name of an output, or an ARN."""
    arguments: dict[str, Any] = {}
    if settings.maximum_retry_attempts is not None:
        arguments["MaximumRetryAttempts"] = settings.maximum_retry_attempts
    if settings.maximum_event_age_in_seconds is not None:
        arguments["MaximumEventAgeInSeconds"] = settings.maximum_event_age_in_seconds
    if (destination := settings.on_failure_destination) is not None:
        arguments["DestinationConfig"] = {"OnFailure": {"Destination": outputs.get(destination, destination)}}
    return arguments


def _apply(target: Target, function: str, arguments: dict[str, Any]) -> str:
    """Set a function's configuration unless it is set already; returns the changes as text."""
    if _current(target, function, list(arguments)) == arguments:
        return ""
    target.client("lambda").put_function_event_invoke_config(FunctionName=function, **arguments)
    return ", ".join(f"{name} = {value}" for name, value in arguments.items())


def _current(target: Target, function: str, names: list[str]) -> dict[str, Any]:
    """The function's configuration as arguments; a missing one is None."""
    client = target.client("lambda")
    try:
        config = client.get_function_event_invoke_config(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        config = {}
    current = {name: config.get(name) for name in names}
    if "DestinationConfig" in current:
        # The response also has destinations that nobody set.
        on_failure = (current["DestinationConfig"] or {}).get("OnFailure") or {}
        current["DestinationConfig"] = {"OnFailure": {"Destination": on_failure.get("Destination")}}
    return current
