"""The bucket for templates that are longer than a request to CloudFormation.

CloudFormation takes 51,200 bytes in a request, and a megabyte from S3. All apps and stages of an account and region
share the bucket, and `down` does not remove it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

from hashlib import sha256
from typing import Any

from deploy.target import Target

KEPT_DAYS = 1


def uploaded(target: Target, body: str) -> str:
    """Put a template into the bucket, which is made first if it is missing; returns the template's URL."""
    s3, bucket = target.client("s3"), f"quartet-templates-{target.account()}-{target.region}"
    ensure_bucket(s3, bucket, target.region)
    key = f"{sha256(body.encode()).hexdigest()}.yaml"
    s3.put_object(Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/yaml")
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def ensure_bucket(s3: Any, bucket: str, region: str) -> None:
    """Create a bucket of the tool's own if it is missing; its objects are deleted after a day."""
    try:
        s3.head_bucket(Bucket=bucket)
    except s3.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        # us-east-1 is where S3 creates a bucket without a constraint, and not a value of it.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **place)
        rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": KEPT_DAYS}}
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
