"""Replaces MiniStack's asynchronous invocations with Lambda's retries, dead-letter queues and destinations.

AWS: Lambda retries a function error twice and a throttled event until it is too old. A dead-letter queue gets the event
with attributes, a destination a record of it, if the function's role may send there
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html). A recursive loop of
invocations is stopped, also through S3 and SNS
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html).

MiniStack counts a throttled event as a success, sends the same document to dead-letter queues and destinations without
a check of the role, has no OnSuccess, and detects recursive Invoke calls only.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from local_aws.hooks import replaces, wraps
from local_aws.services.lambda_ import async_queue

replaces("ministack.services.lambda_svc:invoke_async_with_retry")(async_queue.invoke_in_background)


@wraps("ministack.app:_dispatch_service_request")
async def _with_depth(
    dispatch: Callable[..., Any],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: Any,
    request_id: str,
) -> Any:
    # Set for every request, because the requests of one connection share one context.
    lambda_svc._invoke_depth.set(lambda_svc._inbound_invoke_depth(headers))
    return await dispatch(method, path, headers, body, query_params, request_id)
