"""The site in an S3 bucket."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.blog.pages.assets import IMMUTABLE
from chalicelib.blog.pages.site import NOT_FOUND, object_key
from chalicelib.blog.publishing.site_objects import ASSETS
from chalicelib.blog.s3_objects import delete_objects, list_objects

# What viewers are told. The edge keeps all objects until they are invalidated, by the cache policy in resources.yaml.
# Browsers revalidate a page after a minute, and show the old page meanwhile. A page that is absent may soon be there.
PAGES = "public, max-age=60, stale-while-revalidate=600"
ABSENT_PAGE = "no-cache"
TYPES = {
    "html": "text/html; charset=utf-8",
    # The feed, too: CloudFront does not compress `application/atom+xml`, and readers look at the content.
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
    "xml": "application/xml; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/vnd.microsoft.icon",
    "js": "text/javascript; charset=utf-8",
}


class SiteBucket:
    """The SiteStore in one bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def etags(self) -> Mapping[str, str]:
        """List the bucket."""
        return {one["Key"]: one["ETag"].strip('"') for one in list_objects(self._client(), self._bucket)}

    def put(self, key: str, content: bytes) -> None:
        """Put one object."""
        self._client().put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType=_content_type(key),
            CacheControl=_cache_control(key),
        )

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects, up to 1,000 with one request."""
        delete_objects(self._client(), self._bucket, keys)


def _cache_control(key: str) -> str:
    if key == object_key(NOT_FOUND):
        return ABSENT_PAGE
    return IMMUTABLE if key.startswith(ASSETS) else PAGES


def _content_type(key: str) -> str:
    return TYPES.get(key.rpartition(".")[2], "application/octet-stream")
