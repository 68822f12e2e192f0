"""Step 4, event sources: settings of event source mappings from stages.yaml, which Chalice cannot express.

`chalice deploy` (step 3) creates the mappings, from the decorators in app.py.
"""

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
    """Set every event source mapping of the functions that `event_sources` in stages.yaml names.

    Raises
    ------
    DeployError
        stages.yaml names a function without an event source.
    """
    settings_by_function = app.stage(target.stage).event_sources
    mappings = event_source_mappings(app, target) if settings_by_function else {}
    for name, settings in settings_by_function.items():
        if name not in mappings:
            raise DeployError(f"stages.yaml of {app.name}: event_sources names {name}, which has no event source")
        for mapping in mappings[name]:
            changes = _apply(target, mapping, _arguments(settings, outputs))
            if changes:
                progress.change(f"event source of {name}: {changes}")


def _arguments(settings: EventSource, outputs: dict[str, str]) -> dict[str, Any]:
    """UpdateEventSourceMapping's arguments; the destination in the settings is the name of an output, or an ARN."""
    fields = msgspec.to_builtins(settings)
    concurrency = fields.pop("maximum_concurrency", None)
    destination = fields.pop("on_failure_destination", None)
    filters = fields.pop("filters", None)
    arguments = {"".join(word.title() for word in name.split("_")): value for name, value in fields.items()}
    if concurrency is not None:
        arguments["ScalingConfig"] = {"MaximumConcurrency": concurrency}
    if destination is not None:
        arguments["DestinationConfig"] = {"OnFailure": {"Destination": outputs.get(destination, destination)}}
    if filters is not None:
        patterns = [{"Pattern": json.dumps(pattern, sort_keys=True)} for pattern in filters]
        arguments["FilterCriteria"] = {"Filters": patterns}
    return arguments


def _apply(target: Target, mapping: dict[str, Any], arguments: dict[str, Any]) -> str:
    """Set what differs in a mapping; returns the changes as text."""
    changes = {name: value for name, value in arguments.items() if mapping.get(name) != value}
    if changes:
        # Lambda refuses to change a mapping that is being created or changed.
        _wait_until_settled(target, mapping["UUID"])
        target.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], **changes)
        _wait_until_settled(target, mapping["UUID"])
    return ", ".join(f"{name} = {value}" for name, value in changes.items())


def _wait_until_settled(target: Target, uuid: str) -> None:
    while target.client("lambda").get_event_source_mapping(UUID=uuid)["State"] in _UNSETTLED:
        time.sleep(0.1 if target.is_local else 2)
