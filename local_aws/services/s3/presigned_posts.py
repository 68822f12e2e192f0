"""S3 takes a form that the root key signed from this machine's own pages and programs only.

AWS: a browser's form carries a policy and who signed it, and is taken from pages of any origin
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html). There nobody else has the root key; here
everybody knows it, and a browser sends a form to this machine for any page without asking first.
`local_aws.web.origins` sees headers and query, so forms of users and roles stay open to all, and those of the root key
are refused here. Hooked: `s3._enforce_signed_post_policy`, which gets a form's fields as they count.
"""

from typing import Any

from ministack.core.iam_evaluator import is_root_access_key
from ministack.services import s3

from local_aws.hooks import Hook
from local_aws.settings import Settings
from local_aws.web import origins

HOOKS = (
    Hook("ministack.services.s3:_enforce_signed_post_policy", "fields,bucket_name,region,size,sigv4"),
    Hook("ministack.services.s3:_error", "code,message,status,resource,extra,headers"),
    Hook("ministack.core.iam_evaluator:is_root_access_key", "access_key_id"),
)


def install(settings: Settings) -> None:
    """Look at who signed before the signature is looked at."""
    enforce = s3._enforce_signed_post_policy

    def enforced(fields: dict[str, str], bucket_name: str, region: str, size: int, sigv4: bool) -> Any:
        # Either field, for which of them counts is MiniStack's to say.
        keys = {fields.get("x-amz-credential", "").partition("/")[0], fields.get("awsaccesskeyid", "")}
        if not origins.takes_root() and any(is_root_access_key(key) for key in keys if key):
            return s3._error("AccessDenied", origins.ROOT_REFUSAL, 403)
        return enforce(fields, bucket_name, region, size, sigv4)

    s3._enforce_signed_post_policy = enforced
