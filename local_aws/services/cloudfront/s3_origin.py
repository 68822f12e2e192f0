"""Answers an edge's request for an object that a bucket does not have.

AWS: S3 answers 404 NoSuchKey if the requester may list the bucket. Otherwise it answers 403 AccessDenied, so that it
does not reveal which objects exist.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
Lacking here: MiniStack answers 403 to every edge.
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import s3

from local_aws.hooks import wraps


@wraps("ministack.services.s3:serve_cloudfront_origin_fetch")
def _fetch_or_not_found(
    fetch: Callable[..., Any],
    bucket_name: str,
    key: str,
    method: str,
    headers: dict[str, str],
    source_arn: str = "",
    oai_id: str = "",
) -> Any:
    bucket = s3._ensure_bucket(bucket_name)
    if bucket is not None and key not in bucket["objects"]:
        owner = s3._bucket_owner_account(bucket_name) or get_account_id()
        may_read = s3._cloudfront_origin_allows(owner, bucket_name, key, source_arn, oai_id)
        if may_read and _may_list(owner, bucket_name, source_arn, oai_id):
            return s3._error("NoSuchKey", "The specified key does not exist.", 404, f"/{bucket_name}/{key}")
    return fetch(bucket_name, key, method, headers, source_arn, oai_id)


def _may_list(owner: str, bucket: str, source_arn: str, oai_id: str) -> bool:
    policy = s3._bucket_policies.get_scoped(owner, None, bucket)
    if not policy:
        return False
    identity = f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {oai_id}"
    context = iam_evaluator.EvalContext(
        principal_arn=identity if oai_id else "*",
        principal_type="User" if oai_id else "Service",
        principal_account="",
        action="s3:ListBucket",
        resource_arn=f"arn:aws:s3:::{bucket}",
        region=get_region(),
        service_context={"aws:sourcearn": source_arn} if source_arn else {},
    )
    service = None if oai_id else "cloudfront.amazonaws.com"
    return bool(iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow")
