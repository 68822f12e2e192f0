"""`AWS::DynamoDB::GlobalTable` creates a replica in each of its regions.

AWS creates the table in the stack's region, which is one of `Replicas`, and copies it to the others. An update adds and
removes replicas and changes their own settings. Deleting the resource deletes all of them
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html). This
MiniStack creates only the table of the stack's region.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from local_aws.hooks import replaces, wraps

_HANDLERS = "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[AWS::DynamoDB::GlobalTable]"
Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]


@wraps(f"{_HANDLERS}[create]")
def _create(
    create: Callable[..., Provisioned], logical_id: str, properties: Properties, stack_name: str
) -> Provisioned:
    _check_regions(properties)
    name, _ = create(logical_id, properties, stack_name)
    return name, _update_replicas(name, properties)


@wraps(f"{_HANDLERS}[update]")
def _update(
    update: Callable[..., Provisioned], name: str, old: Properties, new: Properties, *others: Any, **named: Any
) -> Provisioned:
    _check_regions(new)
    if "TableName" not in {**old, **new}:
        # Keep a name that CloudFormation generated; MiniStack would generate another one.
        old, new = ({**properties, "TableName": name} for properties in (old, new))
    name, _ = update(name, old, new, *others, **named)
    return name, _update_replicas(name, new)


@replaces(f"{_HANDLERS}[delete]")
def _delete(name: str, properties: Properties) -> None:
    """Delete the replicas of all regions."""
    table = dynamodb._tables.get(name)
    if table is None:
        return
    regions = {*dynamodb._replica_group(table), get_region()}
    for region in regions:
        if (dynamodb._tables.get_scoped(get_account_id(), region, name) or {}).get("DeletionProtectionEnabled"):
            raise ValueError(f"Table {name} is protected against deletion in {region}.")
    for region in regions:
        with request_scope(get_account_id(), region):
            _call(dynamodb._delete_table, {"TableName": name})


def _check_regions(properties: Properties) -> None:
    regions = [replica["Region"] for replica in properties.get("Replicas") or ()]
    if get_region() not in regions:
        raise ValueError(f"Invalid request provided: Replicas must contain the stack's region, {get_region()}.")
    if len(set(regions)) != len(regions):
        raise ValueError("Invalid request provided: Replicas must not contain a region twice.")


def _update_replicas(name: str, properties: Properties) -> dict[str, Any]:
    """Add, remove and configure replicas; returns the resource's attributes."""
    replicas = {replica["Region"]: replica for replica in properties["Replicas"]}
    present = {*dynamodb._replica_group(dynamodb._tables[name]), get_region()}
    changes = [{"Create": {"RegionName": region}} for region in sorted(set(replicas) - present)]
    changes += [{"Delete": {"RegionName": region}} for region in sorted(present - set(replicas))]
    # UpdateTable accepts only one change of replicas at a time.
    for change in changes:
        _call(dynamodb._update_table, {"TableName": name, "ReplicaUpdates": [change]})
    for region, replica in replicas.items():
        with request_scope(get_account_id(), region):
            _configure_replica(name, replica)
    table = dynamodb._tables[name]
    return {**provisioners._ddb_attrs(table), "TableId": table["TableId"]}


def _configure_replica(name: str, replica: dict[str, Any]) -> None:
    """Set the settings that each replica has of its own."""
    table = dynamodb._tables[name]
    table["DeletionProtectionEnabled"] = _is_true(replica.get("DeletionProtectionEnabled"))
    dynamodb._tags[table["TableArn"]] = [dict(tag) for tag in replica.get("Tags") or ()]
    recovery = replica.get("PointInTimeRecoverySpecification") or {}
    enabled = {"PointInTimeRecoveryEnabled": _is_true(recovery.get("PointInTimeRecoveryEnabled"))}
    _call(dynamodb._update_continuous_backups, {"TableName": name, "PointInTimeRecoverySpecification": enabled})
    if replica.get("TableClass"):
        _call(dynamodb._update_table, {"TableName": name, "TableClass": replica["TableClass"]})


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _call(operation: Callable[[dict[str, Any]], Any], data: dict[str, Any]) -> None:
    """Call an operation of DynamoDB. Its error fails the resource."""
    status, _, body = operation(data)
    if status >= 400:
        raise ValueError(json.loads(body).get("message") or json.loads(body).get("Message"))
