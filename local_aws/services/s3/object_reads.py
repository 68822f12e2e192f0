"""S3 answers a read of an absent object by the caller's right to list, and evaluates If-Range.

AWS: a read of an object that does not exist answers 404 only if the caller has s3:ListBucket; otherwise 403, so that
the answer does not tell which keys exist. A copy needs the same permission for its source
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html, API_GetObject.html, API_CopyObject.html).
A Range counts only if the validator in If-Range is the object's: a strong ETag, or the exact time of the last change
(https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5).

This MiniStack answers 404 to everybody, and a part of an object whatever If-Range says. AWS does not document whether a
condition on s3:prefix applies to these reads; here they have no prefix.
"""

import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_evaluator
from ministack.core.iam_actions import access_denied_response
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id
from ministack.services import s3

from local_aws.hooks import wraps

_LIST = "s3:ListBucket"
_NOT_FOUND = 404
Answer = tuple[int, dict[str, Any], Any]


@wraps("ministack.services.s3:_get_object")
def _get(
    get: Callable[..., Answer], bucket_name: str, key: str, headers: dict[str, str], query_params: Any = None
) -> Answer:
    answer = get(bucket_name, key, _without_outdated_range(bucket_name, key, headers), query_params)
    return _refused_without_list(answer, bucket_name, headers, query_params) or answer


@wraps("ministack.services.s3:_head_object")
def _head(
    head: Callable[..., Answer], bucket_name: str, key: str, headers: Any = None, query_params: Any = None
) -> Answer:
    answer = head(bucket_name, key, _without_outdated_range(bucket_name, key, headers or {}), query_params)
    return _refused_without_list(answer, bucket_name, headers or {}, query_params) or answer


@wraps("ministack.services.s3:_copy_object")
def _copy(copy: Callable[..., Answer], bucket_name: str, key: str, headers: dict[str, str]) -> Answer:
    answer = copy(bucket_name, key, headers)
    source = unquote(headers.get("x-amz-copy-source", "")).lstrip("/").partition("/")[0]
    return _refused_without_list(answer, source, headers, None) or answer


def _refused_without_list(
    answer: Answer, bucket: str, headers: dict[str, str], query_params: dict[str, Any] | None
) -> Answer | None:
    """The 403 in place of a 404, if the caller may not list the bucket."""
    owner = s3._bucket_owner_account(bucket)
    if answer[0] != _NOT_FOUND or owner is None:
        return None
    key = extract_access_key_id(headers, query_params or {})
    if key:
        denied = iam_evaluator.enforce(key, _LIST, "s3", get_region(), resource_arn=f"arn:aws:s3:::{bucket}")
    else:
        # A request without a key that is not anonymous is another service's, in this process.
        denied = iam_evaluator._anonymous.get() and not s3._foreign_bucket_allows(owner, bucket, "", "GET", {}, "", {})
    if not denied:
        return None
    caller = getattr(denied, "principal_arn", "anonymous")
    refusal: Answer = access_denied_response("s3", _LIST, caller, str(uuid.uuid4()), headers=headers)
    return refusal


def _without_outdated_range(bucket: str, key: str, headers: dict[str, str]) -> dict[str, str]:
    """The headers without Range, if If-Range names another version of the object."""
    validator = headers.get("if-range", "").strip()
    stored = (s3._ensure_bucket(bucket) or {}).get("objects", {}).get(key)
    if not validator or "range" not in headers or stored is None or _is_validator_of(validator, stored):
        return headers
    return {name: value for name, value in headers.items() if name != "range"}


def _is_validator_of(validator: str, stored: dict[str, Any]) -> bool:
    if re.fullmatch(r'(W/)?".*"', validator):
        return validator == f'"{stored["etag"].strip(chr(34))}"'
    return bool(s3._parse_http_date(validator) == s3._object_mtime_dt(stored))
