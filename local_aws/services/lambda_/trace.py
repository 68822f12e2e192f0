"""Gives each invocation a trace id, by which recursive loops are detected.

Lambda sets `_X_AMZN_TRACE_ID` for each invocation, unsampled unless tracing is active; SDKs send it with every call,
and Lambda counts the invocations of a chain in it: after about 16 invocations it stops the chain
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html). MiniStack sets it with active tracing only and
counts in a header of its own, for which it imports botocore into every function.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from local_aws.hooks import replaces, wraps
from local_aws.services.lambda_ import lineage


@wraps("ministack.services.lambda_svc:_xray_trace_id_for_invocation")
def _with_lineage(trace_id: Callable[..., str], config: dict[str, Any], inbound_trace_header: str | None = None) -> str:
    trace = trace_id(config, inbound_trace_header) or lineage.unsampled()
    return lineage.with_depth(trace, lambda_svc._invoke_depth.get())


@replaces("ministack.services.lambda_svc:_inbound_invoke_depth")
def _depth(headers: dict[str, str]) -> int:
    """The number of invocations in the chain before this call."""
    return lineage.depth_of(headers.get("x-amzn-trace-id", ""))
