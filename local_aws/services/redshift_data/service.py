"""The API of the Redshift Data API, as far as it is served, its permissions and its state.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftdataapi.html
"""

from local_aws.hooks import prepares
from local_aws.services import json_services
from local_aws.services.json_services import Json, JsonService
from local_aws.services.redshift_data import files, reading, runner, sending, statements
from local_aws.services.redshift_serverless import workgroups
from local_aws.settings import Settings

_OPERATIONS = {
    "ExecuteStatement": sending.execute,
    "BatchExecuteStatement": sending.batch_execute,
    "DescribeStatement": reading.describe,
    "GetStatementResult": reading.result,
    "CancelStatement": reading.cancel,
    "ListStatements": reading.listing,
}
_OWNER = "redshift-data:statement-owner-iam-userid"


def _resource_arn(_operation: str, body: Json) -> str:
    """The workgroup of a new statement; the other operations have no resource."""
    workgroup = workgroups.find(str(body.get("WorkgroupName"))) if body.get("Database") else None
    return str(workgroup["workgroupArn"]) if workgroup else "*"


def _condition_keys(_operation: str, body: Json) -> Json:
    owner = reading.owner_of(str(body.get("Id"))) if "Id" in body else None
    return {_OWNER: owner} if owner else {}


def _state() -> Json:
    return {"statements": statements.to_state(), "databases": dict(files.databases)}


def _load(state: Json) -> None:
    statements.load(state.get("statements", []))
    files.databases.update(state.get("databases", {}))
    files.delete_unnamed()
    runner.restart()


def _reset() -> None:
    statements.clear()
    files.databases.clear()


@prepares
def _add(_settings: Settings) -> None:
    json_services.add(
        JsonService(
            name="redshift-data",
            target="RedshiftData",
            operations=_OPERATIONS,
            get_state=_state,
            load_state=_load,
            reset=_reset,
            resource_arn=_resource_arn,
            condition_keys=_condition_keys,
        )
    )
