"""Asynchronous invocations fail as on Lambda: what is retried, what dead-letter queues and destinations get.

AWS: two retries of what the function failed at; throttled events come back until they are too old; a dead-letter queue
gets the event with attributes, a destination a record of it, if the function's role may send there
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html). A chain of invocations that comes
back to itself is stopped, also through S3 and SNS
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html).

This MiniStack takes a throttled event for a success, sends both kinds of targets one envelope without asking the role,
knows no OnSuccess, and counts chains of Invoke calls only. Hooked: `lambda_svc.invoke_async_with_retry`, and
`app._dispatch_service_request`, where a call's place in its chain is read.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from local_aws.hooks import replaces, wraps
from local_aws.services.lambda_ import async_queue

replaces("ministack.services.lambda_svc:invoke_async_with_retry")(async_queue.start)


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
    # Always: a connection's requests share one context.
    lambda_svc._invoke_depth.set(lambda_svc._inbound_invoke_depth(headers))
    return await dispatch(method, path, headers, body, query_params, request_id)
