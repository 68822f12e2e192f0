"""Workgroups: the compute of one namespace.

https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_CreateWorkgroup.html
"""

import re
import time
import uuid
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from local_aws.services.json_services import Json, ServiceError
from local_aws.services.redshift_serverless import namespaces

_NAME = re.compile(r"[a-z0-9-]{3,64}")
_DEFAULT_CAPACITY = 128
_PORT = 5439
# Settings that are stored, and have no effect here.
_SETTINGS = (
    "baseCapacity",
    "maxCapacity",
    "publiclyAccessible",
    "enhancedVpcRouting",
    "securityGroupIds",
    "subnetIds",
    "configParameters",
)
# By name.
workgroups: Any = AccountRegionScopedDict()


def create(request: Json) -> Json:
    """Create a workgroup for a namespace that has none."""
    name, namespace = str(request.get("workgroupName")), str(request.get("namespaceName"))
    _refuse_unsupported(request, "workgroupName", "namespaceName", "tags")
    if not _NAME.fullmatch(name):
        raise ServiceError("ValidationException", f"The workgroup name {name} is not valid.")
    if name in workgroups:
        raise ServiceError("ConflictException", f"Workgroup {name} already exists.")
    namespaces.get(namespace)
    if of_namespace(namespace):
        raise ServiceError("ConflictException", f"Namespace {namespace} is already associated with a workgroup.")
    workgroup_id, account, region = str(uuid.uuid4()), get_account_id(), get_region()
    workgroups[name] = {
        "workgroupName": name,
        "namespaceName": namespace,
        "workgroupId": workgroup_id,
        "workgroupArn": f"arn:aws:redshift-serverless:{region}:{account}:workgroup/{workgroup_id}",
        "status": "AVAILABLE",
        "creationDate": time.time(),
        "endpoint": {"address": f"{name}.{account}.{region}.redshift-serverless.amazonaws.com", "port": _PORT},
        "baseCapacity": _DEFAULT_CAPACITY,
        **{key: request[key] for key in _SETTINGS if key in request},
    }
    return get(name)


def get(name: str) -> Json:
    """A workgroup; raises ServiceError if it does not exist."""
    workgroup = workgroups.get(name)
    if workgroup is None:
        raise ServiceError("ResourceNotFoundException", f"Workgroup {name} not found.")
    return dict(workgroup)


def update(request: Json) -> Json:
    """Change settings of a workgroup."""
    name = str(request.get("workgroupName"))
    _refuse_unsupported(request, "workgroupName")
    workgroups[name] = {**get(name), **{key: request[key] for key in _SETTINGS if key in request}}
    return get(name)


def delete(name: str) -> Json:
    """Delete a workgroup; the databases stay with the namespace."""
    workgroup = get(name)
    del workgroups[name]
    return {**workgroup, "status": "DELETING"}


def of_namespace(name: str) -> list[str]:
    """The names of the workgroups of a namespace."""
    return [each["workgroupName"] for each in workgroups.values() if each["namespaceName"] == name]


def find(reference: str) -> Json | None:
    """A workgroup by name or ARN."""
    return next((dict(each) for each in workgroups.values() if reference in _references(each)), None)


def _references(workgroup: Json) -> tuple[str, str]:
    return workgroup["workgroupName"], workgroup["workgroupArn"]


def _refuse_unsupported(request: Json, *names: str) -> None:
    if unsupported := set(request) - {*names, *_SETTINGS}:
        raise ServiceError("ValidationException", f"{min(unsupported)} is not supported by the embedded AWS.")
