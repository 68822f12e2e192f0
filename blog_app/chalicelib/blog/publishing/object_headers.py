"""The headers of the site's objects, and which objects were written before their headers were changed.

An ETag does not change with the headers, so an object's time in the bucket is compared with the time since when objects
of its kind have these headers. A list of the bucket has that time.
"""

from collections.abc import Iterable, Mapping

from chalicelib.blog.pages.assets import IMMUTABLE
from chalicelib.blog.pages.site import NOT_FOUND, object_key
from chalicelib.blog.publishing.model import KindHeaders, ObjectHeaders, StoredObject
from chalicelib.blog.publishing.site_objects import ASSETS

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


def kind_of(key: str) -> str:
    """Return the kind of an object, such as `assets/*.css`. All objects of a kind have the same headers."""
    if key == object_key(NOT_FOUND):
        return key
    return f"{ASSETS if key.startswith(ASSETS) else ''}*.{key.rpartition('.')[2]}"


def headers_of(kind: str) -> ObjectHeaders:
    """Return the headers of the objects of a kind."""
    content_type = TYPES.get(kind.rpartition(".")[2], "application/octet-stream")
    if kind == object_key(NOT_FOUND):
        return ObjectHeaders(content_type, ABSENT_PAGE)
    return ObjectHeaders(content_type, IMMUTABLE if kind.startswith(ASSETS) else PAGES)


def noted_headers(noted: Mapping[str, KindHeaders], keys: Iterable[str], now: int) -> dict[str, KindHeaders]:
    """Return the headers by kind, and since when; `noted` is the result of the run before, `now` in seconds."""
    result = dict(noted)
    for kind in {kind_of(key) for key in keys}:
        before, headers = noted.get(kind), headers_of(kind)
        if before is None or before.headers != headers:
            result[kind] = KindHeaders(headers, since=now)
    return result


def is_outdated(key: str, stored: StoredObject, noted: Mapping[str, KindHeaders]) -> bool:
    """Whether an object was written before the objects of its kind had the headers that they have now."""
    return stored.written_at < noted[kind_of(key)].since
