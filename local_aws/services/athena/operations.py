"""Serves Athena's operations on queries; operations on workgroups and tags are MiniStack's. Others are refused.

MiniStack runs a query as DuckDB's SQL, without Trino's functions, UNLOAD, partitions, IAM, limits and events.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response
from ministack.services import athena

from local_aws.hooks import wraps
from local_aws.services.athena import executions, results, start
from local_aws.services.athena.errors import AthenaError, Response, text
from local_aws.sql.rights import CallerRights

_FROM_MINISTACK = frozenset(
    {
        *("CreateWorkGroup", "DeleteWorkGroup", "GetWorkGroup", "ListWorkGroups", "UpdateWorkGroup"),
        *("TagResource", "UntagResource", "ListTagsForResource", "ListQueryExecutions"),
    }
)
Json = dict[str, Any]


@wraps("ministack.services.athena:handle_request")
async def _handle(
    handle: Callable[..., Any], method: str, path: str, headers: dict[str, str], body: bytes, query_params: Json
) -> Any:
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    if operation in _FROM_MINISTACK:
        return await handle(method, path, headers, body, query_params)
    serve = _OPERATIONS.get(operation)
    if serve is None:
        message = f"{operation} is not supported by the embedded AWS."
        return AthenaError(message, "UnknownOperationException").response()
    athena._ensure_default_workgroup()
    try:
        return _answer(serve(json.loads(body or b"{}"), headers, query_params))
    except AthenaError as error:
        return error.response()


def _answer(document: Json) -> Response:
    answer: Response = json_response(document)
    return answer


def _start(data: Json, headers: dict[str, str], query_params: Json) -> Json:
    return start.start_query(data, CallerRights.of(headers, query_params))


def _get(data: Json, headers: dict[str, str], query_params: Json) -> Json:
    return {"QueryExecution": athena._execution_out(executions.find(text(data, "QueryExecutionId")))}


def _results(data: Json, headers: dict[str, str], query_params: Json) -> Json:
    return results.query_results(data, CallerRights.of(headers, query_params))


def _stop(data: Json, headers: dict[str, str], query_params: Json) -> Json:
    executions.cancel(text(data, "QueryExecutionId"))
    return {}


_OPERATIONS: dict[str, Callable[[Json, dict[str, str], Json], Json]] = {
    "StartQueryExecution": _start,
    "GetQueryExecution": _get,
    "GetQueryResults": _results,
    "StopQueryExecution": _stop,
}
