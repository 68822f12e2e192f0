"""The API of Redshift Serverless, as far as it is served, and its state."""

from typing import Any

from local_aws.hooks import prepares
from local_aws.services import json_services
from local_aws.services.json_services import Json, JsonService, Request, ServiceError
from local_aws.services.redshift_serverless import namespaces, workgroups
from local_aws.settings import Settings


def _delete_namespace(request: Request) -> Json:
    name = str(request.body.get("namespaceName"))
    if workgroups.of_namespace(name):
        raise ServiceError("ConflictException", f"Namespace {name} has a workgroup. Delete the workgroup first.")
    return {"namespace": namespaces.delete(name)}


_OPERATIONS = {
    "CreateNamespace": lambda request: {"namespace": namespaces.create(request.body)},
    "GetNamespace": lambda request: {"namespace": namespaces.get(str(request.body.get("namespaceName")))},
    "UpdateNamespace": lambda request: {"namespace": namespaces.update(request.body)},
    "DeleteNamespace": _delete_namespace,
    "CreateWorkgroup": lambda request: {"workgroup": workgroups.create(request.body)},
    "GetWorkgroup": lambda request: {"workgroup": workgroups.get(str(request.body.get("workgroupName")))},
    "UpdateWorkgroup": lambda request: {"workgroup": workgroups.update(request.body)},
    "DeleteWorkgroup": lambda request: {"workgroup": workgroups.delete(str(request.body.get("workgroupName")))},
}


def _resource_arn(operation: str, body: Json) -> str:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftserverless.html"""
    store, key = (
        (namespaces.namespaces, "namespace")
        if operation.endswith("Namespace")
        else (workgroups.workgroups, "workgroup")
    )
    record = store.get(body.get(f"{key}Name")) if not operation.startswith("Create") else None
    return str(record[f"{key}Arn"]) if record else "*"


def _state() -> Json:
    return {"namespaces": _plain(namespaces.namespaces), "workgroups": _plain(workgroups.workgroups)}


def _plain(store: Any) -> list[Any]:
    return [[list(key), value] for key, value in store._data.items()]


def _load(state: Json) -> None:
    for store, name in ((namespaces.namespaces, "namespaces"), (workgroups.workgroups, "workgroups")):
        store._data.update({tuple(key): value for key, value in state.get(name, [])})


def _reset() -> None:
    namespaces.namespaces._data.clear()
    workgroups.workgroups._data.clear()


@prepares
def _add(_settings: Settings) -> None:
    json_services.add(
        JsonService(
            name="redshift-serverless",
            target="RedshiftServerless",
            operations=_OPERATIONS,
            get_state=_state,
            load_state=_load,
            reset=_reset,
            resource_arn=_resource_arn,
        )
    )
