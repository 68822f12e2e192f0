"""S3 accepts a form that the root key signed only from this machine's own pages and programs.

AWS: a browser's form carries a policy and its signer, and S3 accepts it from pages of any origin
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html). There nobody else has the root key; here
everybody knows it, and a browser sends a form to this machine for any page, without a preflight request.
`local_aws.web.origins` reads headers and query only, so forms that the root key signed are refused here. Forms of users
and roles are accepted from any page.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.iam_evaluator import is_root_access_key
from ministack.services import s3

from local_aws.hooks import wraps
from local_aws.web import origins


@wraps("ministack.services.s3:_enforce_signed_post_policy")
def _refuse_root_key_from_elsewhere(
    enforce: Callable[..., Any], fields: dict[str, str], bucket_name: str, region: str, size: int, sigv4: bool
) -> Any:
    # Both fields, since MiniStack decides which of them it uses.
    keys = {fields.get("x-amz-credential", "").partition("/")[0], fields.get("awsaccesskeyid", "")}
    if not origins.accepts_root_key() and any(is_root_access_key(key) for key in keys if key):
        return s3._error("AccessDenied", origins.ROOT_REFUSAL, 403)
    return enforce(fields, bucket_name, region, size, sigv4)
