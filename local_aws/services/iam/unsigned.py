"""A request without a signature is anonymous, whatever its Authorization header says.

AWS refuses a call that has no signature with MissingAuthenticationToken
(https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html).
This MiniStack takes a request for anonymous only if it has no Authorization header at all. With any other header
(`Bearer x`, `Basic x`, `x`) it finds no key and takes the caller for the root user, so that IAM does not apply.
It also lists and creates buckets for anonymous requests, which no bucket's policy can allow.

As on AWS, API Gateway and function URLs take such headers for their own tokens, and S3 itself decides on anonymous
requests for a bucket.
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.router import extract_access_key_id
from ministack.core.sigv4 import decode_header_value

from local_aws.hooks import wraps

_OF_NO_BUCKET = ("s3:ListAllMyBuckets", "s3:CreateBucket")


@wraps("ministack.app:pin_signed_request", "ministack.core.iam_evaluator:pin_signed_request")
def _pin_signed_request(
    pin: Callable[..., None], method: str, raw_path: str, query_params: Any, raw_headers: Any, **more: Any
) -> None:
    """Take every request that names no key for anonymous."""
    pin(method, raw_path, query_params, raw_headers, **more)
    authorization = next((value for name, value in raw_headers if name.lower() == b"authorization"), b"")
    if not extract_access_key_id({"authorization": decode_header_value(authorization)}, query_params):
        iam_evaluator._anonymous.set(True)


@wraps("ministack.core.iam_evaluator:check_credentials")
def _check_credentials(check: Callable[..., Any], access_key_id: str, service: str | None = None) -> Any:
    failure = check(access_key_id, service)
    if failure is None and not access_key_id and iam_evaluator._anonymous.get():
        return iam_evaluator.AuthError("MissingAuthenticationToken", "Request is missing Authentication Token")
    return failure


@wraps("ministack.core.iam_evaluator:enforce")
def _enforce(enforce: Callable[..., Any], access_key_id: str, iam_action: str, *rest: Any, **named: Any) -> Any:
    if iam_action in _OF_NO_BUCKET and not access_key_id and iam_evaluator._anonymous.get():
        return iam_evaluator.AuthError("AccessDenied", "Access Denied")
    return enforce(access_key_id, iam_action, *rest, **named)
