"""What is made of the texts of many posts: one of which nothing can be made takes nothing from the others."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from chalicelib.blog.posts.model import Post

Made = TypeVar("Made")
# Below the app's own logger, whose handler writes its lines.
_log = logging.getLogger("blog.pages")


def of_each(posts: Iterable[Post], make: Callable[[Post], Made]) -> Iterator[tuple[Post, Made]]:
    """Each post with what is made of it; one that fails is left out, and its page fails by itself."""
    for post in posts:
        try:
            made = make(post)
        except Exception:
            _tell(post.id, post.version)
        else:
            yield post, made


@lru_cache(maxsize=1000)
def _tell(post_id: str, version: int) -> None:
    """Log the exception at hand; cached, so that of feed and index only the first says so."""
    _log.exception("left out of feed and search", extra={"post": post_id, "version": version})
