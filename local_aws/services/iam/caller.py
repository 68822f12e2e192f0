"""Finds the ARN of a request's caller without reading the caller's policies.

Each request needs the ARN, for policies of resources. MiniStack gathers and parses all policies of the caller for it,
and does the same again when it authorizes the request.
"""

from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import _account_from_sts_session, get_account_id
from ministack.core.router import extract_access_key_id

from local_aws.hooks import replaces


@replaces("ministack.core.iam_evaluator:request_caller_arn")
def _request_caller_arn(headers: dict[str, str], query_params: dict[str, Any] | None = None) -> str:
    """The ARN of the user or the role session whose key a request names; of any other request the root user's."""
    root = f"arn:aws:iam::{get_account_id()}:root"
    key = extract_access_key_id(headers or {}, query_params or {})
    if not key:
        return root
    credential = iam_evaluator.resolve_credential(key, _account_from_sts_session(key) or get_account_id())
    return getattr(credential, "principal_arn", "") or root
