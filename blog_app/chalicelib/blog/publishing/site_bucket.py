"""The site in S3 and the CDN in front of it."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.blog.pages.assets import IMMUTABLE
from chalicelib.blog.publishing.site_objects import ASSETS

# The edge keeps pages until they are invalidated; browsers ask again after a minute, and show the old page meanwhile.
PAGES = "public, max-age=60, s-maxage=31536000, stale-while-revalidate=600"
TYPES = {
    "html": "text/html; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
FEED_TYPE = "application/atom+xml; charset=utf-8"
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
MANY = 1000


class SiteBucket:
    """SiteFiles in one bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def present(self) -> Mapping[str, str]:
        """List the bucket."""
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}

    def put(self, key: str, content: bytes) -> None:
        """Put one object."""
        self._client().put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType=_content_type(key),
            CacheControl=IMMUTABLE if key.startswith(ASSETS) else PAGES,
        )

    def delete(self, keys: Sequence[str]) -> None:
        """Delete up to 1,000 objects at a time."""
        for start in range(0, len(keys), MANY):
            objects = [{"Key": key} for key in keys[start : start + MANY]]
            answer = self._client().delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            if errors := answer.get("Errors"):
                raise OSError(f"{len(errors)} objects could not be deleted: {errors[0].get('Code')}")


class Distribution:
    """The Edge that is one CloudFront distribution."""

    def __init__(self, client: Callable[[], Any], distribution_id: str) -> None:
        self._client = client
        self._id = distribution_id

    def invalidate(self, paths: Sequence[str]) -> None:
        """Invalidate paths; twice does no harm."""
        items = list(paths)
        batch = {"Paths": {"Quantity": len(items), "Items": items}, "CallerReference": secrets.token_hex(16)}
        self._client().create_invalidation(DistributionId=self._id, InvalidationBatch=batch)


def _content_type(key: str) -> str:
    if key == "feed.xml":
        return FEED_TYPE
    return TYPES.get(key.rpartition(".")[2], "application/octet-stream")
