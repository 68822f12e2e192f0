"""A request is signed, or it is anonymous; an Authorization header of another kind signs nothing.

AWS refuses a call that carries no signature with MissingAuthenticationToken
(https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html), whatever else its header says.
Lacking here: MiniStack takes a request for anonymous only if it has no Authorization header at all. With any other
header (`Bearer x`, `Basic x`, `x`) no key is found, and no key is the root key: IAM did not apply.
It also lists and makes buckets for anonymous requests, which no bucket's policy can allow.
Hooked at: `pin_signed_request`, where a request is taken for anonymous or not, and `check_credentials` and `enforce`,
which resolve the key that is not there. API Gateway and function URLs take such headers for tokens of their own, as on
AWS, and S3 looks at anonymous requests for a bucket itself.
"""

from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.router import extract_access_key_id
from ministack.core.sigv4 import decode_header_value

from local_aws.hooks import Hook
from local_aws.settings import Settings

_EVALUATOR = "ministack.core.iam_evaluator"
HOOKS = (
    Hook("ministack.app:pin_signed_request", "method,raw_path,query_params,raw_headers,handshake"),
    Hook(f"{_EVALUATOR}:pin_signed_request", "method,raw_path,query_params,raw_headers,handshake"),
    Hook(f"{_EVALUATOR}:check_credentials", "access_key_id,service"),
    Hook(f"{_EVALUATOR}:enforce", "access_key_id,iam_action,service,region,resource_arn,service_context"),
    Hook(f"{_EVALUATOR}:_anonymous", "type:ContextVar"),
    Hook(f"{_EVALUATOR}:AuthError", "code,message,details"),
    Hook("ministack.core.router:extract_access_key_id", "headers,query_params"),
    Hook("ministack.core.sigv4:decode_header_value", "value"),
)
_OF_NO_BUCKET = ("s3:ListAllMyBuckets", "s3:CreateBucket")


def install(settings: Settings) -> None:
    """Take every request that names no key for anonymous."""
    pin, check, decide = iam_evaluator.pin_signed_request, iam_evaluator.check_credentials, iam_evaluator.enforce

    def pin_signed_request(method: str, raw_path: str, query_params: Any, raw_headers: Any, **more: Any) -> None:
        pin(method, raw_path, query_params, raw_headers, **more)
        given = next((value for name, value in raw_headers if name.lower() == b"authorization"), b"")
        if not extract_access_key_id({"authorization": decode_header_value(given)}, query_params):
            iam_evaluator._anonymous.set(True)

    def check_credentials(access_key_id: str, service: str | None = None) -> Any:
        failure = check(access_key_id, service)
        if failure is None and not access_key_id and iam_evaluator._anonymous.get():
            return iam_evaluator.AuthError("MissingAuthenticationToken", "Request is missing Authentication Token")
        return failure

    def enforce(access_key_id: str, iam_action: str, *given: Any, **more: Any) -> Any:
        if iam_action in _OF_NO_BUCKET and not access_key_id and iam_evaluator._anonymous.get():
            return iam_evaluator.AuthError("AccessDenied", "Access Denied")
        return decide(access_key_id, iam_action, *given, **more)

    for module in (app, iam_evaluator):
        module.pin_signed_request = pin_signed_request
    iam_evaluator.check_credentials, iam_evaluator.enforce = check_credentials, enforce
