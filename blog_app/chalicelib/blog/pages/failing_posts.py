"""Render many posts; skip any that fails."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from chalicelib.blog.posts.model import Post

Rendered = TypeVar("Rendered")
# A child of the app's logger, whose handler writes its lines.
_log = logging.getLogger("blog.pages")


def skip_failing(posts: Iterable[Post], render: Callable[[Post], Rendered]) -> Iterator[tuple[Post, Rendered]]:
    """Return each post with its rendering; skip a post that fails. Its own page fails, too, and reports it."""
    for post in posts:
        try:
            rendered = render(post)
        except Exception:
            _log_once(post.id, post.version)
        else:
            yield post, rendered


@lru_cache(maxsize=1000)
def _log_once(post_id: str, version: int) -> None:
    """Log the current exception; cached, so that feed and search index log a post once."""
    _log.exception("left out of feed and search", extra={"post": post_id, "version": version})
