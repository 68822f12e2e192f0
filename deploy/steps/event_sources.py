"""Step 4 for events: what Lambda's event source mappings have and Chalice cannot express, from stages.yaml."""

import json
import time
from typing import Any

import msgspec

from deploy.apps import App
from deploy.errors import DeployError
from deploy.inventory.functions import event_source_mappings
from deploy.progress import Progress
from deploy.settings import EventSource
from deploy.target import Target

_UNSETTLED = ("Creating", "Updating", "Enabling", "Disabling")


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
    """The settings as UpdateEventSourceMapping takes them; the destination is the name of an output, or an ARN."""
    given = msgspec.to_builtins(settings)
    concurrency = given.pop("maximum_concurrency", None)
    destination = given.pop("on_failure_destination", None)
    filters = given.pop("filters", None)
    arguments = {"".join(part.title() for part in name.split("_")): value for name, value in given.items()}
    if concurrency is not None:
        arguments["ScalingConfig"] = {"MaximumConcurrency": concurrency}
    if destination is not None:
        arguments["DestinationConfig"] = {"OnFailure": {"Destination": outputs.get(destination, destination)}}
    if filters is not None:
        patterns = [{"Pattern": json.dumps(pattern, sort_keys=True)} for pattern in filters]
        arguments["FilterCriteria"] = {"Filters": patterns}
    return arguments


def _apply(target: Target, mapping: dict[str, Any], wanted: dict[str, Any], label: str, progress: Progress) -> None:
    different = {name: value for name, value in wanted.items() if mapping.get(name) != value}
    if not different:
        return
    # One that was just made or changed is in use, and cannot be changed yet.
    _wait_until_settled(target, mapping["UUID"])
    target.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], **different)
    _wait_until_settled(target, mapping["UUID"])
    progress.change(f"{label}: {', '.join(f'{name} = {value}' for name, value in different.items())}")


def _wait_until_settled(target: Target, uuid: str) -> None:
    while target.client("lambda").get_event_source_mapping(UUID=uuid)["State"] in _UNSETTLED:
        time.sleep(0.1 if target.is_local else 2)
