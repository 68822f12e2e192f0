"""DescribeStatement, GetStatementResult, CancelStatement and ListStatements.

https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_DescribeStatement.html
https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_GetStatementResult.html
https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_CancelStatement.html
https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ListStatements.html
"""

import re

from ministack.core.responses import get_account_id, get_region

from local_aws.services.json_services import Json, Request, ServiceError
from local_aws.services.redshift_data import callers, files, results, runner, statements
from local_aws.services.redshift_data.sending import invalid
from local_aws.services.redshift_data.statements import RUNNING, Part, Statement

_ID = re.compile(r"([a-z0-9]{8}(?:-[a-z0-9]{4}){3}-[a-z0-9]{12})(?::(\d{1,2}))?")
_STATUSES = ("ALL", "SUBMITTED", "PICKED", "STARTED", "FINISHED", "ABORTED", "FAILED")
_MAX_LISTED = 100


def describe(request: Request) -> Json:
    """The status of a statement, or of one statement of a batch."""
    statement, number = _statement(request.body)
    if number is not None:
        return _described_part(statement, number)
    answer: Json = {
        "Id": statement.id,
        "Status": statement.status,
        "CreatedAt": statement.created_at,
        "UpdatedAt": statement.updated_at,
        "Duration": statement.duration_ns,
        "Database": statement.database,
        "DbUser": statement.user,
        "WorkgroupName": statement.workgroup,
        "HasResultSet": any(part.result_file for part in statement.parts),
        "RedshiftPid": 0,
        "RedshiftQueryId": -1 if statement.is_batch else 0,
        "ResultFormat": "JSON",
    }
    if statement.is_batch:
        parts = range(1, len(statement.parts) + 1)
        answer |= {"ResultRows": -1, "ResultSize": -1}
        answer["SubStatements"] = [_described_part(statement, number) for number in parts]
    else:
        part = statement.parts[0]
        answer |= {"QueryString": part.sql, "ResultRows": part.row_count, "ResultSize": part.result_bytes}
    for name, value in (
        ("Error", statement.error),
        ("SecretArn", statement.secret_arn),
        ("QueryParameters", statement.parameters),
    ):
        if value:
            answer[name] = value
    return answer


def result(request: Request) -> Json:
    """One page of the rows of a query. In a batch, the id has the query's number."""
    statement, number = _statement(request.body)
    if number is None and statement.is_batch:
        raise _no_result(statement)
    part = _part(statement, number or 1)
    if part.status != "FINISHED" or not part.result_file:
        raise _no_result(statement)
    token = str(request.body.get("NextToken") or "0")
    if not token.isdecimal():
        raise invalid("The NextToken is not valid.")
    return results.page(files.folder() / part.result_file, int(token))


def cancel(request: Request) -> Json:
    """Cancel a statement that runs or waits."""
    statement, _ = _statement(request.body)
    if statement.status not in RUNNING:
        raise invalid(f"Could not cancel a query that is already in {statement.status} state with ID: {statement.id}")
    runner.cancel(statement)
    return {"Status": True}


def listing(request: Request) -> Json:
    """The caller's statements, the newest first."""
    body = request.body
    status, start = str(body.get("Status") or "FINISHED"), str(body.get("NextToken") or "0")
    limit = int(body.get("MaxResults") or _MAX_LISTED)
    if status not in _STATUSES or not start.isdecimal() or not 0 <= limit <= _MAX_LISTED:
        raise invalid("Status, NextToken or MaxResults is not valid.")
    owner = callers.caller_of(request).user_id
    is_role_level = body.get("RoleLevel", True)
    found = [
        statement
        for statement in statements.of_scope((get_account_id(), get_region()))
        if _role(statement.owner_id) == _role(owner)
        and (is_role_level or statement.owner_id == owner)
        and status in ("ALL", statement.status)
        and statement.name.startswith(str(body.get("StatementName") or ""))
        and body.get("WorkgroupName") in (None, statement.workgroup)
        and body.get("Database") in (None, statement.database)
    ]
    first, last = int(start), int(start) + limit
    answer: Json = {"Statements": [_listed(statement) for statement in found[first:last]]}
    return {**answer, "NextToken": str(last)} if last < len(found) else answer


def owner_of(statement_id: str) -> str | None:
    """The `aws:userid` of a statement's caller, for the condition key statement-owner-iam-userid."""
    match = _ID.fullmatch(statement_id)
    statement = statements.find((get_account_id(), get_region()), match[1]) if match else None
    return statement.owner_id if statement else None


def _role(user_id: str) -> str:
    """`AROA...:session` without the session."""
    return user_id.partition(":")[0]


def _statement(body: Json) -> tuple[Statement, int | None]:
    match = _ID.fullmatch(str(body.get("Id")))
    if match is None:
        raise invalid("id must satisfy regex pattern: ^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\\d+)?$")
    if unsupported := set(body) - {"Id", "NextToken"}:
        raise invalid(f"{min(unsupported)} is not supported by the embedded AWS.")
    statement = statements.find((get_account_id(), get_region()), match[1])
    if statement is None:
        raise ServiceError("ResourceNotFoundException", "Query does not exist.", ResourceId=match[1])
    return statement, int(match[2]) if match[2] else None


def _part(statement: Statement, number: int) -> Part:
    if not 1 <= number <= len(statement.parts):
        raise ServiceError("ResourceNotFoundException", "Query does not exist.", ResourceId=statement.id)
    return statement.parts[number - 1]


def _described_part(statement: Statement, number: int) -> Json:
    part = _part(statement, number)
    answer: Json = {
        "Id": f"{statement.id}:{number}",
        "QueryString": part.sql,
        "Status": part.status,
        "CreatedAt": part.created_at,
        "UpdatedAt": part.updated_at,
        "Duration": part.duration_ns,
        "HasResultSet": bool(part.result_file),
        "ResultRows": part.row_count,
        "ResultSize": part.result_bytes,
        "RedshiftQueryId": 0,
    }
    return {**answer, "Error": part.error} if part.error else answer


def _no_result(statement: Statement) -> ServiceError:
    message = "Query does not have result. Please check query status with DescribeStatement."
    return ServiceError("ResourceNotFoundException", message, ResourceId=statement.id)


def _listed(statement: Statement) -> Json:
    sqls = [part.sql for part in statement.parts]
    answer: Json = {
        "Id": statement.id,
        "Status": statement.status,
        "StatementName": statement.name,
        "CreatedAt": statement.created_at,
        "UpdatedAt": statement.updated_at,
        "IsBatchStatement": statement.is_batch,
        "ResultFormat": "JSON",
    }
    return {**answer, **({"QueryStrings": sqls} if statement.is_batch else {"QueryString": sqls[0]})}
