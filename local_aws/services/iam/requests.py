"""IAM authorizes the action and the resource of a request exactly as the service carries it out.

AWS authorizes a request as the operation that runs, on the resource that it touches. It refuses an operation that IAM
does not know. The service authorization reference lists the action and the ARN of each operation:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

This MiniStack
- uses an `Action` parameter or an `x-amz-target` header even if the service uses method and path, so that a caller who
  may only read can send `DELETE /bucket/key?Action=GetObject`;
- uses the URL's parameters if a service with the Query protocol uses the body's, and an `x-amz-target` header that such
  a service ignores; AWS takes a request's parameters as one set
  (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html). Here a request that can be read in two
  ways is refused;
- uses one subresource of S3 (`?acl`, `?policy`) and the service another, if a request names two; on AWS they conflict;
- allows a request to everybody if it finds no action for it, and takes several of Lambda's REST calls for others;
- drops the empty parts of an S3 key: `//a` is checked as `a`, `folder/` as `folder`;
- checks SQS's batch calls as actions that do not exist, a log stream as its log group, and
  a shard iterator as no stream.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_actions
from ministack.core.router import extract_access_key_id
from ministack.services import s3

from local_aws.hooks import prepares, wraps
from local_aws.services.kinesis.iterators import iterator_of
from local_aws.settings import Settings

# Services that answer only to method and path; the header or parameter that names an operation elsewhere is ignored.
_REST_PROTOCOLS = ("rest-json", "rest-xml")
# Services that take an operation's parameters from the URL and a form alike, and never look at a target.
_QUERY_PROTOCOLS = ("query", "ec2")
# A service of two protocols, and what its targets begin with.
_QUERY_OR_JSON = {"sqs": "AmazonSQS."}
_FORM = "application/x-www-form-urlencoded"
# Operations whose IAM action has another name.
_OPERATION_ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:InvokeAsync": "lambda:InvokeFunction",
    "lambda:InvokeWithResponseStream": "lambda:InvokeFunction",
}
_LOG_STREAM_OPERATIONS = ("CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents")
_UNKNOWN = "UnknownOperation"


@prepares
def _prepare(settings: Settings) -> None:
    """Find Lambda's operations in its service model; MiniStack's table confuses several of them."""
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]


@wraps("ministack.core.iam_actions:extract_iam_action")
def _iam_action(
    action_of: Callable[..., str | None],
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, Any],
) -> str | None:
    if _has_two_meanings(service, method, headers, body, query_params):
        return _unknown(service)
    is_signed = _signed(headers, query_params)
    if _is_rest(service):
        headers = {name: value for name, value in headers.items() if name != "x-amz-target"}
        query_params, body = _without_action(query_params), b""
    elif _speaks_query(service, headers):
        query_params = _as_one_set(method, body, query_params)
    elif headers.get("x-amz-target"):
        query_params = _without_action(query_params)
    if service == "s3":
        path = _plain_s3_path(path)
    action = None if service == "lambda" else action_of(service, method, path, headers, body, query_params)
    action = action or _rest_action(service, method, path, query_params)
    if action is None and is_signed:
        return _unknown(service)
    return _OPERATION_ACTIONS.get(action or "", action)


@wraps("ministack.core.iam_actions:extract_resource_arn")
def _resource_arn(
    arn_of: Callable[..., str],
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, Any],
    *rest: Any,
    **named: Any,
) -> str:
    if _speaks_query(service, headers):
        query_params = _as_one_set(method, body, query_params)
    elif service in _QUERY_OR_JSON:
        query_params = {}
    arn = str(arn_of(service, method, path, headers, body, query_params, *rest, **named))
    if service == "s3":
        return _s3_arn(path) or arn
    if service == "logs" and headers.get("x-amz-target", "").rpartition(".")[2] in _LOG_STREAM_OPERATIONS:
        return f"{arn}:log-stream:{iam_actions._safe_json_field(body, 'logStreamName')}"
    if service == "kinesis" and arn == "*":
        iterator = iterator_of(str(iam_actions._safe_json_field(body, "ShardIterator") or ""))
        return iterator.stream_arn if iterator else arn
    return arn


@wraps("ministack.core.iam_actions:s3_additional_checks")
def _s3_additional_checks(
    checks_of: Callable[..., list[tuple[str, str]]],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, Any],
) -> list[tuple[str, str]]:
    arn = _s3_arn(path)
    wrong = "arn:aws:s3:::" + "/".join(part for part in path.split("/") if part)
    checks = checks_of(method, path, headers, body, query_params)
    return [(action, arn if arn and checked == wrong else checked) for action, checked in checks]


def _has_two_meanings(
    service: str, method: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
) -> bool:
    """Whether a request could be read in two ways."""
    if service == "s3":
        return _subresources(query_params) > 1
    return _speaks_query(service, headers) and not _is_plain_query(method, headers, body)


def _unknown(service: str) -> str | None:
    """An action that no policy allows."""
    namespace = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service)
    return f"{namespace}:{_UNKNOWN}" if namespace else None


@lru_cache
def _is_rest(service: str) -> bool:
    return _protocol_is(service, _REST_PROTOCOLS)


@lru_cache
def _is_query(service: str) -> bool:
    return _protocol_is(service, _QUERY_PROTOCOLS)


def _protocol_is(service: str, protocols: tuple[str, ...]) -> bool:
    names = iam_actions._BOTOCORE_SERVICE_MAP.get(service, [service])
    models = [iam_actions._load_botocore_model(name) for name in names]
    return bool(models) and all(model.get("metadata", {}).get("protocol") in protocols for model in models)


def _speaks_query(service: str, headers: Mapping[str, str]) -> bool:
    """Whether the service takes this request as one of the Query protocol."""
    if prefix := _QUERY_OR_JSON.get(service):
        return not headers.get("x-amz-target", "").startswith(prefix)
    return _is_query(service)


def _is_plain_query(method: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether nothing in a request of the Query protocol could be taken for another protocol's."""
    is_form = headers.get("content-type", "").startswith(_FORM)
    return "x-amz-target" not in headers and (is_form or not (method == "POST" and body))


def _as_one_set(method: str, body: bytes, query_params: dict[str, Any]) -> dict[str, Any]:
    """The parameters as services read them: a form's before the URL's; only a POST has a form."""
    if method != "POST" or not body:
        return query_params
    return {**query_params, **parse_qs(body.decode("utf-8", errors="replace"))}


def _subresources(query_params: Mapping[str, Any]) -> int:
    """How many of S3's subresources a request names."""
    tables = iam_actions._S3_QUERY_ACTIONS, iam_actions._S3_BUCKET_QUERY_ACTIONS, iam_actions._S3_OBJECT_QUERY_ACTIONS
    return len(query_params.keys() & {name for table in tables for name in table})


def _without_action(query_params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query_params.items() if name != "Action"}


def _rest_action(service: str, method: str, path: str, query_params: dict[str, Any]) -> str | None:
    operation = iam_actions._match_rest_action(service, method, path, query_params) if service == "lambda" else None
    return f"lambda:{operation}" if operation else None


def _signed(headers: dict[str, str], query_params: dict[str, Any]) -> bool:
    """Whether the request carries credentials; one without is the service's own to refuse or serve."""
    return bool(extract_access_key_id(headers, query_params))


def _plain_s3_path(path: str) -> str:
    """A path of the same depth whose key has no empty parts: MiniStack tells the level by counting them."""
    bucket, key = s3._parse_bucket_key(path, {})
    return f"/{bucket}/key" if key else path


def _s3_arn(path: str) -> str | None:
    bucket, key = s3._parse_bucket_key(path, {})
    return f"arn:aws:s3:::{bucket}/{key}" if bucket and key else None
