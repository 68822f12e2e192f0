"""The site in an S3 bucket."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.blog.publishing.model import StoredObject
from chalicelib.blog.publishing.object_headers import headers_of, kind_of
from chalicelib.blog.s3_objects import delete_objects, list_objects


class SiteBucket:
    """The SiteStore in one bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def objects(self) -> Mapping[str, StoredObject]:
        """List the bucket."""
        return {
            one["Key"]: StoredObject(one["ETag"].strip('"'), int(one["LastModified"].timestamp()))
            for one in list_objects(self._client(), self._bucket)
        }

    def put(self, key: str, content: bytes) -> None:
        """Put one object."""
        headers = headers_of(kind_of(key))
        self._client().put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType=headers.content_type,
            CacheControl=headers.cache_control,
        )

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects, up to 1,000 with one request."""
        delete_objects(self._client(), self._bucket, keys)
