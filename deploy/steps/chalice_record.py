"""Chalice's record of what it deployed (`.chalice/deployed/STAGE.json`), repaired where AWS has something else.

Chalice trusts its record: it fails if the record names what is gone, and creates a second REST API or event source
mapping if the record lacks one that is there.
"""

import json
from pathlib import Path
from typing import Any

from deploy.apps import App
from deploy.inventory.functions import deployed_functions, event_source_mappings
from deploy.inventory.rest_apis import rest_api_exists, rest_apis
from deploy.inventory.stacks import Stack
from deploy.progress import Progress
from deploy.target import Target

Resource = dict[str, Any]
# By the service in an event source's ARN: Chalice's resource type, and its key for the ARN.
_SOURCES = {"sqs": ("sqs_event", "queue_arn"), "kinesis": ("kinesis_event", "kinesis_arn")}
_STREAM = ("dynamodb_event", "stream_arn")


def record_path(app: App, stage: str) -> Path:
    """Where Chalice keeps the record of one stage."""
    return app.folder / ".chalice" / "deployed" / f"{stage}.json"


def summary_path(app: App, stage: str) -> Path:
    """Where `deploy.steps.chalice_deploy` keeps its summary of the last deployment."""
    return record_path(app, stage).with_suffix(".quartet")


def recorded_resources(app: App, stage: str) -> list[Resource]:
    """The resources that the record names; none when it is missing or damaged."""
    try:
        resources: list[Resource] = json.loads(record_path(app, stage).read_text())["resources"]
    except (OSError, ValueError, KeyError):
        return []
    return resources


def recorded_api(app: App, stage: str) -> str | None:
    """The id of the REST API that the record names."""
    return next((item["rest_api_id"] for item in recorded_resources(app, stage) if "rest_api_id" in item), None)


def repair_record(app: App, target: Target, progress: Progress) -> None:
    """Make the record name exactly what is deployed; delete REST APIs that an interrupted deployment left."""
    old_resources = recorded_resources(app, target.stage)
    resources = _repaired(app, target, old_resources, progress)
    path = record_path(app, target.stage)
    if resources == old_resources and path.exists() == bool(resources):
        return
    progress.change("Chalice's record did not match what is deployed: repaired")
    if not resources:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"resources": resources, "schema_version": "2.0", "backend": "api"}, indent=2) + "\n")


def _repaired(app: App, target: Target, recorded: list[Resource], progress: Progress) -> list[Resource]:
    """The recorded resources that exist, then the deployed ones that were not recorded."""
    functions = deployed_functions(app, target)
    mappings = [(name, item) for name, items in event_source_mappings(app, target).items() for item in items]
    arns = {function["FunctionArn"] for function in functions.values()}
    uuids = {mapping["UUID"] for _, mapping in mappings}
    existing = [resource for resource in recorded if _exists(resource, target, arns, uuids)]
    deployed = [_function_resource(name, function) for name, function in functions.items()]
    deployed += [_event_resource(name, mapping) for name, mapping in mappings]
    if api := _single_api(app, target, existing, progress):
        deployed.append({"name": "rest_api", "resource_type": "rest_api", "rest_api_id": api, "rest_api_url": ""})
    identities = {_identity(resource) for resource in existing}
    return existing + [resource for resource in deployed if _identity(resource) not in identities]


def _exists(resource: Resource, target: Target, arns: set[str], uuids: set[str]) -> bool:
    if "event_uuid" in resource:
        return resource["event_uuid"] in uuids
    if "lambda_arn" in resource:
        return resource["lambda_arn"] in arns
    if "rest_api_id" in resource:
        return rest_api_exists(target, resource["rest_api_id"])
    return True


def _identity(resource: Resource) -> str:
    return str(resource.get("event_uuid") or resource["name"])


def _function_resource(name: str, function: dict[str, Any]) -> Resource:
    return {"name": name, "resource_type": "lambda_function", "lambda_arn": function["FunctionArn"]}


def _event_resource(function: str, mapping: dict[str, Any]) -> Resource:
    """An event source as Chalice records it, with the names of `chalice.deploy.appgraph`."""
    source = mapping["EventSourceArn"]
    service = source.split(":")[2]
    resource_type, arn_key = _SOURCES.get(service, _STREAM)
    resource = {
        "name": f"{function}-{service}-event-source",
        "resource_type": resource_type,
        arn_key: source,
        "event_uuid": mapping["UUID"],
        "lambda_arn": mapping["FunctionArn"],
    }
    if service == "sqs":
        resource["queue"] = source.rpartition(":")[2]
    if service == "kinesis":
        resource["stream"] = source.rpartition("/")[2]
    return resource


def _single_api(app: App, target: Target, recorded: list[Resource], progress: Progress) -> str | None:
    """The id of the stage's REST API: the recorded one, else the stack's, else the oldest. Others are deleted."""
    apis = rest_apis(app, target)
    if not apis:
        return None
    preferred = [item["rest_api_id"] for item in recorded if "rest_api_id" in item]
    preferred.append(Stack(app, target).rest_api_id())
    chosen = next((api for api in preferred if api in apis), apis[0])
    for api in apis:
        if api != chosen:
            target.client("apigateway").delete_rest_api(restApiId=api)
            progress.change(f"REST API {api} was left by an interrupted deployment: deleted")
    return chosen
