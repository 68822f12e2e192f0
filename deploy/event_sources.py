"""Step 4 for events: what Lambda's event source mappings have and Chalice cannot express, from stages.yaml."""

import time
from typing import Any

import msgspec

from deploy.apps import App
from deploy.errors import DeployError
from deploy.functions import event_source_mappings
from deploy.progress import Progress
from deploy.settings import EventSource
from deploy.target import Target


def apply_event_sources(app: App, target: Target, outputs: dict[str, str], progress: Progress) -> None:
    """Bring every event source mapping named in stages.yaml to its settings.

    Raises
    ------
    DeployError
        stages.yaml names a function without an event source.
    """
    wanted = app.stage(target.stage).event_sources
    if not wanted:
        return
    mappings = event_source_mappings(app, target)
    for name, settings in wanted.items():
        if name not in mappings:
            raise DeployError(f"stages.yaml of {app.name}: event_sources names {name}, which has no event source")
        for mapping in mappings[name]:
            _apply(target, mapping, _arguments(settings, outputs), f"event source of {name}", progress)


def _arguments(settings: EventSource, outputs: dict[str, str]) -> dict[str, Any]:
    """The settings as UpdateEventSourceMapping takes them; the destination is the name of an output."""
    given = msgspec.to_builtins(settings)
    concurrency = given.pop("maximum_concurrency", None)
    destination = given.pop("on_failure_destination", None)
    arguments = {"".join(part.title() for part in name.split("_")): value for name, value in given.items()}
    if concurrency is not None:
        arguments["ScalingConfig"] = {"MaximumConcurrency": concurrency}
    if destination is not None:
        arguments["DestinationConfig"] = {"OnFailure": {"Destination": outputs.get(destination, destination)}}
    return arguments


def _apply(target: Target, mapping: dict[str, Any], wanted: dict[str, Any], label: str, progress: Progress) -> None:
    different = {name: value for name, value in wanted.items() if mapping.get(name) != value}
    if not different:
        return
    client = target.client("lambda")
    client.update_event_source_mapping(UUID=mapping["UUID"], **different)
    while client.get_event_source_mapping(UUID=mapping["UUID"])["State"] in ("Creating", "Updating", "Enabling"):
        time.sleep(0.1 if target.is_local else 2)
    progress.change(f"{label}: {', '.join(f'{name} = {value}' for name, value in different.items())}")
