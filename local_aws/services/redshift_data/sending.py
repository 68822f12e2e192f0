"""ExecuteStatement and BatchExecuteStatement.

https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ExecuteStatement.html
https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_BatchExecuteStatement.html
https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html (limits)
"""

import hashlib
import json
import time
import uuid
from typing import Any

from ministack.core.responses import get_account_id, get_region

from local_aws.services.json_services import Json, Request, ServiceError
from local_aws.services.redshift_data import callers, runner, statements
from local_aws.services.redshift_data.statements import Part, Statement
from local_aws.services.redshift_serverless import namespaces, workgroups

_MAX_STATEMENT_BYTES = 100 * 1024
_MAX_STATEMENTS = 40
_MAX_ACTIVE = 500
_MAX_TOKEN, _MAX_NAME = 64, 2048
_COMMON = {"Database", "WorkgroupName", "SecretArn", "WithEvent", "StatementName", "Parameters", "ClientToken"}


def execute(request: Request) -> Json:
    """Run one SQL statement."""
    _refuse_unsupported(request.body, {"Sql", *_COMMON})
    return _send(request, [_required(request.body, "Sql")], is_batch=False)


def batch_execute(request: Request) -> Json:
    """Run SQL statements in one transaction."""
    _refuse_unsupported(request.body, {"Sqls", *_COMMON})
    sqls = request.body.get("Sqls")
    if not isinstance(sqls, list) or not 1 <= len(sqls) <= _MAX_STATEMENTS:
        raise invalid(f"Sqls must have between 1 and {_MAX_STATEMENTS} statements.")
    return _send(request, [str(sql) for sql in sqls], is_batch=True)


def invalid(message: str) -> ServiceError:
    """The error for invalid input."""
    return ServiceError("ValidationException", message)


def _send(request: Request, sqls: list[str], *, is_batch: bool) -> Json:
    body = request.body
    caller = callers.caller_of(request)
    workgroup = _workgroup(body)
    database = _required(body, "Database")
    _check_limits(body, sqls)
    parameters = _parameters(body, sqls)
    namespace = namespaces.get(workgroup["namespaceName"])
    login = callers.login(request, caller, workgroup, namespace["adminUsername"])
    scope, token, digest = (get_account_id(), get_region()), str(body.get("ClientToken") or ""), _digest(body)
    if token and (sent := statements.with_token(scope, caller.user_id, token)):
        if sent.digest != digest:
            raise invalid("The client token was used with other parameters.")
        return _answer(sent)
    if sum(each.workgroup_arn == workgroup["workgroupArn"] for each in statements.running()) >= _MAX_ACTIVE:
        raise ServiceError("ActiveStatementsExceededException", "The number of active statements exceeds the limit.")
    now = time.time()
    statement = Statement(
        id=str(uuid.uuid4()),
        account=scope[0],
        region=scope[1],
        owner_id=caller.user_id,
        principal_arn=caller.arn,
        workgroup=str(body["WorkgroupName"]),
        workgroup_arn=workgroup["workgroupArn"],
        namespace_id=namespace["namespaceId"],
        database=database,
        user=login.user,
        is_superuser=login.is_superuser,
        roles=login.roles,
        parts=[Part(sql, created_at=now, updated_at=now) for sql in sqls],
        is_batch=is_batch,
        created_at=now,
        updated_at=now,
        parameters=parameters,
        name=str(body.get("StatementName") or ""),
        secret_arn=str(body.get("SecretArn") or ""),
        with_event=bool(body.get("WithEvent")),
        client_token=token,
        digest=digest,
    )
    if database != namespace["dbName"]:
        raise invalid(f'FATAL: database "{database}" does not exist')
    statements.add(statement)
    runner.submit(statement)
    return _answer(statement)


def _answer(statement: Statement) -> Json:
    answer: Json = {
        "Id": statement.id,
        "CreatedAt": statement.created_at,
        "Database": statement.database,
        "WorkgroupName": statement.workgroup,
        "DbUser": statement.user,
    }
    return {**answer, **({"SecretArn": statement.secret_arn} if statement.secret_arn else {})}


def _workgroup(body: Json) -> Json:
    if body.get("ClusterIdentifier"):
        raise invalid("Clusters are not supported by the embedded AWS.")
    name = _required(body, "WorkgroupName")
    workgroup = workgroups.find(name)
    if workgroup is None:
        raise invalid(f"Redshift endpoint doesn't exist in this region: {name}")
    return workgroup


def _required(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"{name} is required.")
    return value


def _refuse_unsupported(body: Json, supported: set[str]) -> None:
    if unknown := set(body) - supported - {"ClusterIdentifier"}:
        raise invalid(f"{min(unknown)} is not supported by the embedded AWS.")


def _check_limits(body: Json, sqls: list[str]) -> None:
    for sql in sqls:
        if not sql.strip() or len(sql.encode()) > _MAX_STATEMENT_BYTES:
            raise invalid("A statement must have between 1 byte and 100 KB.")
    for name, limit in (("ClientToken", _MAX_TOKEN), ("StatementName", _MAX_NAME)):
        if len(str(body.get(name) or "")) > limit:
            raise invalid(f"{name} must have at most {limit} characters.")


def _parameters(body: Json, sqls: list[str]) -> list[dict[str, str]]:
    """The named parameters; each must be used, and each that is used must have a value."""
    given: list[Any] = body.get("Parameters") or []
    values = {str(each.get("name")): each.get("value") for each in given}
    if len(values) < len(given) or not all(isinstance(value, str) and value for value in values.values()):
        raise invalid("Each parameter needs a name of its own and a value of at least one character.")
    if not values and not any(":" in sql for sql in sqls):
        return []
    from local_aws.sql.redshift import parsing  # noqa: PLC0415 - with the first parameter

    used = {name for sql in sqls for name in parsing.parameters_in(sql)}
    if unused := sorted(set(values) - used):
        names = ", ".join(unused)
        raise invalid(f"Parameters list contains unused parameters. Unused parameters: [{names}]")
    if missing := sorted(used - set(values)):
        raise invalid(f"Parameters list does not contain all parameters. Missing parameters: [{', '.join(missing)}]")
    return [{"name": name, "value": str(value)} for name, value in values.items()]


def _digest(body: Json) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
