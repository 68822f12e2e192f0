"""Removes the objects that an invalidation names from the edge's cache.

AWS: a path begins with `/`, may end in `*`, which stands for any characters, and has at most 4,000 characters; it
must name a query string that is part of the cache key. An invalidation removes every version of exactly its paths, for
all headers and cookies. A batch holds up to 3,000 paths; a CallerReference that was used before creates no new
invalidation.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
Lacking here: MiniStack stores the batch and checks no path.
An invalidation is completed at once, and its status says so.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudfront

from local_aws.hooks import wraps
from local_aws.services.cloudfront.configuration import configuration
from local_aws.services.cloudfront.viewer_requests import edge

_MOST_PATHS, _MOST_CHARACTERS = 3_000, 4_000


@wraps("ministack.services.cloudfront:_create_invalidation")
def _create_invalidation(create: Callable[[str, bytes], Any], dist_id: str, body: bytes) -> Any:
    paths = _paths(body)
    if dist_id not in cloudfront._distributions or paths is None:
        return create(dist_id, body)
    if refusal := _refusal(paths):
        return refusal
    count = len(cloudfront._invalidations[dist_id])
    response = create(dist_id, body)
    if len(cloudfront._invalidations[dist_id]) > count:
        edge.cache(dist_id).invalidate(_with_root(dist_id, paths))
    return response


def _paths(body: bytes) -> list[str] | None:
    """The paths of an invalidation batch; None when the body is not a batch."""
    batch = cloudfront._parse_body(body)
    block = cloudfront._find(batch, "Paths") if batch is not None else None
    items = cloudfront._find(block, "Items") if block is not None else None
    if items is None:
        return None if batch is None else []
    return [item.text or "" for item in items]


def _refusal(paths: list[str]) -> Any:
    if not paths:
        return cloudfront._error("InvalidArgument", "Your request must contain at least one invalidation path.", 400)
    if len(paths) > _MOST_PATHS:
        message = f"Your request contains more than {_MOST_PATHS} invalidation paths."
        return cloudfront._error("BatchTooLarge", message, 413)
    if not all(map(_is_valid, paths)):
        return cloudfront._error(
            "InvalidArgument", "Your request contains one or more invalid invalidation paths.", 400
        )
    return None


def _is_valid(path: str) -> bool:
    is_plain = path.isascii() and path.isprintable() and " " not in path
    return path.startswith("/") and "*" not in path[:-1] and len(path) <= _MOST_CHARACTERS and is_plain


def _with_root(dist_id: str, paths: list[str]) -> list[str]:
    """Add the default root object if `/` is invalidated, because `/` is cached under its name."""
    root = configuration(cloudfront._distributions[dist_id]).root
    return [*paths, f"/{root}"] if root and "/" in paths else paths
