"""AWS::S3::Bucket: the folder of a bucket is deleted with it, as DeleteBucket does.

In this MiniStack it stays, and the next start takes the bucket for one that was created after the last save.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import s3

from local_aws.hooks import wraps


@wraps("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[AWS::S3::Bucket][delete]")
def _delete(delete: Callable[[str, dict[str, Any]], None], physical_id: str, props: dict[str, Any]) -> None:
    delete(physical_id, props)
    s3._delete_persisted_bucket(physical_id)
