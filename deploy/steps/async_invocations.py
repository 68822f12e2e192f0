"""Step 4 for events that call functions asynchronously: what Chalice cannot express, from stages.yaml."""

from typing import Any

from deploy.apps import App
from deploy.errors import DeployError
from deploy.inventory.functions import deployed_functions
from deploy.progress import Progress
from deploy.settings import AsyncInvocation
from deploy.target import Target


def apply_async_invocations(app: App, target: Target, outputs: dict[str, str], progress: Progress) -> None:
    """Bring every function named in stages.yaml to its settings.

    Raises
    ------
    DeployError
        stages.yaml names a function that there is not.
    """
    wanted = app.stage(target.stage).async_invocations
    functions = deployed_functions(app, target) if wanted else {}
    for name, settings in wanted.items():
        if name not in functions:
            raise DeployError(f"stages.yaml of {app.name}: async_invocations names {name}, which is no function")
        _apply(target, functions[name]["FunctionName"], _arguments(settings, outputs), name, progress)


def _arguments(settings: AsyncInvocation, outputs: dict[str, str]) -> dict[str, Any]:
    """The settings as PutFunctionEventInvokeConfig takes them; the destination is the name of an output, or an ARN."""
    arguments: dict[str, Any] = {}
    if settings.maximum_retry_attempts is not None:
        arguments["MaximumRetryAttempts"] = settings.maximum_retry_attempts
    if settings.maximum_event_age_in_seconds is not None:
        arguments["MaximumEventAgeInSeconds"] = settings.maximum_event_age_in_seconds
    if (destination := settings.on_failure_destination) is not None:
        arguments["DestinationConfig"] = {"OnFailure": {"Destination": outputs.get(destination, destination)}}
    return arguments


def _apply(target: Target, function: str, wanted: dict[str, Any], label: str, progress: Progress) -> None:
    client = target.client("lambda")
    try:
        present = client.get_function_event_invoke_config(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        present = {}
    found = {name: present.get(name) for name in wanted}
    if "DestinationConfig" in found:
        # Answers name destinations that were not given, too.
        failed = ((found["DestinationConfig"] or {}).get("OnFailure") or {}).get("Destination")
        found["DestinationConfig"] = {"OnFailure": {"Destination": failed}}
    if found != wanted:
        client.put_function_event_invoke_config(FunctionName=function, **wanted)
        told = ", ".join(f"{key} = {value}" for key, value in wanted.items())
        progress.change(f"asynchronous calls of {label}: {told}")
