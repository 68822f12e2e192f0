"""StartQueryExecution: checks a request, and starts the query once for each ClientRequestToken."""

import time
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import s3

from local_aws.services.athena import executions, runner, workgroups
from local_aws.services.athena.errors import AthenaError, invalid, text
from local_aws.sql.rights import Rights

Json = dict[str, Any]
# https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
_MAX_QUERY_BYTES = 262_144
_MAX_ACTIVE_QUERIES = 200
_ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
_NOT_SERVED = ("ExecutionParameters", "EngineConfiguration")


def start_query(data: Json, rights: Rights) -> Json:
    """Start a query with the rights of its caller; returns the response.

    Raises
    ------
    AthenaError
        The request is refused, or there are too many queries.
    """
    query = text(data, "QueryString")
    workgroup = data.get("WorkGroup") or "primary"
    settings = workgroups.settings_of(workgroup, data.get("ResultConfiguration") or {})
    _check(data, query)
    token = str(data.get("ClientRequestToken") or "")
    request = [query, workgroup, data.get("QueryExecutionContext"), data.get("ResultConfiguration")]
    if token and (earlier := executions.with_token(token)):
        if earlier["_request"] != request:
            raise invalid("Idempotent parameters do not match")
        return {"QueryExecutionId": earlier["QueryExecutionId"]}
    kind = _substatement_type(query)
    _check_bucket(settings.output_location, rights)
    if executions.unfinished() >= _MAX_ACTIVE_QUERIES:
        message = "You have exceeded the limit for the number of queries you can run concurrently."
        raise AthenaError(message, "TooManyRequestsException", Reason="CONCURRENT_QUERY_LIMIT_EXCEEDED")
    record = _record(query, workgroup, data, settings)
    record |= {"SubstatementType": kind, "_token": token, "_request": request}
    executions.add(record)
    runner.submit(record, rights, settings.bytes_limit)
    return {"QueryExecutionId": record["QueryExecutionId"]}


def _check(data: Json, query: str) -> None:
    if len(query.encode()) > _MAX_QUERY_BYTES:
        raise invalid(f"queryString must have length less than or equal to {_MAX_QUERY_BYTES}")
    for name in _NOT_SERVED:
        if data.get(name):
            raise invalid(f"{name} is not supported by the embedded AWS")
    if (data.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration", {}).get("Enabled"):
        raise invalid("The reuse of results is not supported by the embedded AWS")
    catalog = (data.get("QueryExecutionContext") or {}).get("Catalog") or "AwsDataCatalog"
    if catalog.lower() != "awsdatacatalog":
        raise invalid(f"Catalog {catalog} is not found")


def _substatement_type(query: str) -> str:
    """`SELECT` or `UNLOAD`. Athena refuses a text that it cannot parse before the query starts."""
    from local_aws.sql.trino import errors, syntax  # noqa: PLC0415 - uses much memory

    try:
        return "UNLOAD" if syntax.parse(query).is_unload else "SELECT"
    except (errors.MalformedQuery, errors.UnsupportedStatement) as error:
        raise invalid(str(error), "MALFORMED_QUERY") from error


def _check_bucket(location: str, rights: Rights) -> None:
    bucket = location.removeprefix("s3://").partition("/")[0]
    if s3._buckets.get(bucket) is None or not rights.allow("s3:GetBucketLocation", f"arn:aws:s3:::{bucket}"):
        raise invalid(f"Unable to verify/create output bucket {bucket}")


def _record(query: str, workgroup: str, data: Json, settings: workgroups.QuerySettings) -> Json:
    query_id = new_uuid()
    context = data.get("QueryExecutionContext") or {}
    return {
        "QueryExecutionId": query_id,
        "Query": query,
        "StatementType": "DML",
        "ResultConfiguration": {"OutputLocation": f"{settings.output_location}{query_id}.csv"},
        "QueryExecutionContext": {"Database": context.get("Database") or "default", "Catalog": "awsdatacatalog"},
        "Status": {"State": "QUEUED", "SubmissionDateTime": time.time()},
        "Statistics": {"DataScannedInBytes": 0},
        "WorkGroup": workgroup,
        "EngineVersion": _ENGINE,
    }
