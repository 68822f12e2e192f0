"""Refuses the requests that Lambda refuses (payloads too large or not JSON), and runtimes that cannot run here.

Lambda accepts 6 MB in a synchronous invocation and 1 MB in an asynchronous one and answers 413 above that
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html); a payload that is not JSON is answered 400
InvalidRequestContentException (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). MiniStack accepts any
size and replaces a payload that is not JSON with an empty event.

Functions run on the Python that runs the embedded AWS. A function of another runtime would be tested on the wrong
Python, so CreateFunction and UpdateFunctionConfiguration refuse it as Lambda refuses an unknown runtime.
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import error_response_json

from local_aws.hooks import wraps
from local_aws.services.lambda_.interpreter import RUNTIME

MAX_SYNCHRONOUS = 6 * 1024 * 1024
MAX_ASYNCHRONOUS = 1024 * 1024
_INVOCATION = re.compile(r"/functions/[^/]+/invocations/?$")
_Answer = tuple[int, dict[str, str], bytes]
_Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[_Answer]]


@wraps("ministack.services.lambda_svc:handle_request")
async def _with_checked_payload(
    handle: _Handler, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> _Answer:
    if method == "POST" and _INVOCATION.search(path):
        invocation_type = headers.get("x-amz-invocation-type", "RequestResponse")
        refusal = _refusal(body or b"", MAX_ASYNCHRONOUS if invocation_type == "Event" else MAX_SYNCHRONOUS)
        if refusal is not None:
            return refusal
    return await handle(method, path, headers, body, query_params)


def _refusal(body: bytes, limit: int) -> _Answer | None:
    if len(body) > limit:
        message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        return error_response_json("RequestEntityTooLargeException", message, 413)  # type: ignore[no-any-return]
    try:
        json.loads(body or b"{}")
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        return error_response_json("InvalidRequestContentException", message, 400)  # type: ignore[no-any-return]
    return None


@wraps("ministack.services.lambda_svc:_create_function", "ministack.services.lambda_svc:_update_config")
def _with_checked_runtime(operation: Callable[..., _Answer], *arguments: Any) -> _Answer:
    runtime = arguments[-1].get("Runtime", RUNTIME)
    if runtime == RUNTIME:
        return operation(*arguments)
    message = (
        f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
        f"[{RUNTIME}]: functions run on the Python that runs the embedded AWS"
    )
    return error_response_json("InvalidParameterValueException", message, 400)  # type: ignore[no-any-return]
