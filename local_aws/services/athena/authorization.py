"""IAM authorizes operations on queries for the workgroup that the query belongs to.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html. MiniStack authorizes those
that name no workgroup for the resource `*`.
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import athena

from local_aws.hooks import wraps

_ON_QUERIES = ("StartQueryExecution", "GetQueryExecution", "GetQueryResults", "StopQueryExecution")


@wraps("ministack.core.iam_actions:extract_resource_arn")
def _resource_arn(
    arn_of: Callable[..., str],
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    *rest: Any,
    **named: Any,
) -> str:
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    if service == "athena" and operation in _ON_QUERIES:
        record = athena._executions.get(iam_actions._safe_json_field(body, "QueryExecutionId")) or {}
        workgroup = iam_actions._safe_json_field(body, "WorkGroup") or record.get("WorkGroup") or "primary"
        return f"arn:aws:athena:{get_region()}:{get_account_id()}:workgroup/{workgroup}"
    return str(arn_of(service, method, path, headers, body, *rest, **named))
