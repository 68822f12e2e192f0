"""Chalice's own record of what it deployed (`.chalice/deployed/STAGE.json`), held against what there is.

Chalice believes its record: one that names what is gone makes it fail, and one that lacks what is there makes it
create a second REST API or a second event source for the same queue.
"""

import json
from pathlib import Path
from typing import Any

from deploy.apps import App
from deploy.inventory.functions import deployed_functions, event_source_mappings
from deploy.inventory.rest_apis import delete_rest_api, rest_api_exists, rest_apis
from deploy.progress import Progress
from deploy.steps.cloudformation import Stack
from deploy.target import Target

_SOURCES = {"sqs": ("sqs_event", "queue_arn"), "kinesis": ("kinesis_event", "kinesis_arn")}
_STREAM = ("dynamodb_event", "stream_arn")


def record_path(app: App, stage: str) -> Path:
    """Where Chalice keeps the record of one stage."""
    return app.folder / ".chalice" / "deployed" / f"{stage}.json"


def recorded(app: App, stage: str) -> list[dict[str, Any]]:
    """The resources that the record names; none when it is missing or damaged."""
    try:
        resources: list[dict[str, Any]] = json.loads(record_path(app, stage).read_text())["resources"]
    except (OSError, ValueError, KeyError):
        return []
    return resources


def mend_record(app: App, target: Target, progress: Progress) -> None:
    """Make the record say what there is."""
    before = recorded(app, target.stage)
    after = _mended(app, target, before, progress)
    path = record_path(app, target.stage)
    if after == before and path.exists() == bool(after):
        return
    progress.change("Chalice's record did not match what is deployed: mended")
    if not after:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"resources": after, "schema_version": "2.0", "backend": "api"}, indent=2) + "\n")


def _mended(app: App, target: Target, before: list[dict[str, Any]], progress: Progress) -> list[dict[str, Any]]:
    functions = deployed_functions(app, target)
    mappings = event_source_mappings(app, target)
    arns = {function["FunctionArn"] for function in functions.values()}
    uuids = {mapping["UUID"] for found in mappings.values() for mapping in found}
    kept = [resource for resource in before if _is_there(resource, target, arns, uuids)]
    api = _adopted_api(app, target, kept, progress)
    found = [_function(name, function) for name, function in functions.items()]
    found += [_event(name, mapping) for name, all_of_it in mappings.items() for mapping in all_of_it]
    found += [api] if api else []
    known = {_identity(resource) for resource in kept}
    return kept + [resource for resource in found if _identity(resource) not in known]


def _is_there(resource: dict[str, Any], target: Target, arns: set[str], uuids: set[str]) -> bool:
    if "event_uuid" in resource:
        return resource["event_uuid"] in uuids
    if "lambda_arn" in resource:
        return resource["lambda_arn"] in arns
    if "rest_api_id" in resource:
        return rest_api_exists(target, resource["rest_api_id"])
    return True


def _identity(resource: dict[str, Any]) -> str:
    return str(resource.get("event_uuid") or resource["name"])


def _function(name: str, function: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "resource_type": "lambda_function", "lambda_arn": function["FunctionArn"]}


def _event(function: str, mapping: dict[str, Any]) -> dict[str, Any]:
    """An event source as Chalice records it; names as `chalice.deploy.appgraph` makes them."""
    source = mapping["EventSourceArn"]
    service = source.split(":")[2]
    kind, arn_key = _SOURCES.get(service, _STREAM)
    event = {
        "name": f"{function}-{service}-event-source",
        "resource_type": kind,
        arn_key: source,
        "event_uuid": mapping["UUID"],
        "lambda_arn": mapping["FunctionArn"],
    }
    if service == "sqs":
        event["queue"] = source.rpartition(":")[2]
    if service == "kinesis":
        event["stream"] = source.rpartition("/")[2]
    return event


def _adopted_api(app: App, target: Target, kept: list[dict[str, Any]], progress: Progress) -> dict[str, Any] | None:
    """The stage's one REST API; others that an interrupted deployment left are deleted."""
    apis = rest_apis(app, target)
    if not apis:
        return None
    preferred = [*(item["rest_api_id"] for item in kept if "rest_api_id" in item), Stack(app, target).rest_api_id()]
    chosen = next((api for api in preferred if api in apis), apis[0])
    for api in apis:
        if api != chosen:
            delete_rest_api(target, api)
            progress.change(f"REST API {api} was left by an interrupted deployment: deleted")
    return {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": chosen, "rest_api_url": ""}
